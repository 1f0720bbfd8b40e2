// RUN: opt-tool %s --split-input-file -p 'optimize{only=merge-gathers exactness=bitwise}' --check-numerics | filecheck %s

func.func @chosen_of_chosen(%x: tensor<6x3xf32>) -> tensor<2x2x3xf32> {
  %i = engine.constant dense<[5, -6, 3]> : tensor<3xi64> -> tensor<3xi64>
  %j = engine.constant dense<[[2, -3], [1, 1]]> : tensor<2x2xi64> -> tensor<2x2xi64>
  %a = engine.gather %x, %i {axis = 0 : i64} : tensor<6x3xf32>, tensor<3xi64> -> tensor<3x3xf32>
  %b = engine.gather %a, %j {axis = 0 : i64} : tensor<3x3xf32>, tensor<2x2xi64> -> tensor<2x2x3xf32>
  func.return %b : tensor<2x2x3xf32>
}

// CHECK-LABEL: func.func @chosen_of_chosen
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[5, -6, 3]> : tensor<3xi64> -> tensor<3xi64>
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[[2, -3], [1, 1]]> : tensor<2x2xi64> -> tensor<2x2xi64>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {rewrites = ["merge-gathers"], axis = 0 : i64} : tensor<3xi64>, tensor<2x2xi64> -> tensor<2x2xi64>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {rewrites = ["merge-gathers"], axis = 0 : i64} : tensor<6x3xf32>, tensor<2x2xi64> -> tensor<2x2x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x2x3xf32>
// CHECK-NEXT:    }

// -----

func.func @open(%x: tensor<?x4xf32, #engine.sizes<"S">>) -> tensor<?x1xf32, #engine.sizes<"S">> attributes {sizes = #engine.names<S in 0>} {
  %i = engine.constant dense<[3, 0, 1]> : tensor<3xi64> -> tensor<3xi64>
  %j = engine.constant dense<[2]> : tensor<1xi64> -> tensor<1xi64>
  %a = engine.gather %x, %i {axis = 1 : i64} : tensor<?x4xf32, #engine.sizes<"S">>, tensor<3xi64> -> tensor<?x3xf32, #engine.sizes<"S">>
  %b = engine.gather %a, %j {axis = 1 : i64} : tensor<?x3xf32, #engine.sizes<"S">>, tensor<1xi64> -> tensor<?x1xf32, #engine.sizes<"S">>
  func.return %b : tensor<?x1xf32, #engine.sizes<"S">>
}

// CHECK-LABEL: func.func @open
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[3, 0, 1]> : tensor<3xi64> -> tensor<3xi64>
// CHECK-NEXT:      %{{.*}} = engine.constant dense<2> : tensor<1xi64> -> tensor<1xi64>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {rewrites = ["merge-gathers"], axis = 0 : i64} : tensor<3xi64>, tensor<1xi64> -> tensor<1xi64>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {rewrites = ["merge-gathers"], axis = 1 : i64} : tensor<?x4xf32, #engine.sizes<"S">>, tensor<1xi64> -> tensor<?x1xf32, #engine.sizes<"S">>
// CHECK-NEXT:      func.return %{{.*}} : tensor<?x1xf32, #engine.sizes<"S">>
// CHECK-NEXT:    }

// -----

// An index of the inner one may be out of range, which is an error.
func.func @near_miss_run_time(%x: tensor<6x3xf32>, %k: tensor<1xi64>) -> tensor<1x3xf32> {
  %i = engine.concat %k, %k {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64> -> tensor<2xi64>
  %z = engine.constant dense<[0]> : tensor<1xi64> -> tensor<1xi64>
  %w = engine.map ins(%i : tensor<2xi64>) -> tensor<2xi64> {
  ^bb0(%p: i64):
    %c = arith.constant 0 : i64
    %n = arith.muli %p, %c : i64
    engine.yield %n : i64
  }
  %a = engine.gather %x, %w {axis = 0 : i64} : tensor<6x3xf32>, tensor<2xi64> -> tensor<2x3xf32>
  %b = engine.gather %a, %z {axis = 0 : i64} : tensor<2x3xf32>, tensor<1xi64> -> tensor<1x3xf32>
  func.return %b : tensor<1x3xf32>
}

// CHECK-LABEL: func.func @near_miss_run_time
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64> -> tensor<2xi64>
// CHECK-NEXT:      %{{.*}} = engine.constant dense<0> : tensor<1xi64> -> tensor<1xi64>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2xi64>) -> tensor<2xi64> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i64):
// CHECK-NEXT:        %{{.*}} = arith.constant 0 : i64
// CHECK-NEXT:        %{{.*}} = arith.muli %{{.*}}, %{{.*}} : i64
// CHECK-NEXT:        engine.yield %{{.*}} : i64
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<6x3xf32>, tensor<2xi64> -> tensor<2x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<2x3xf32>, tensor<1xi64> -> tensor<1x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_other_axis(%x: tensor<6x3xf32>) -> tensor<2x2xf32> {
  %i = engine.constant dense<[5, 3]> : tensor<2xi64> -> tensor<2xi64>
  %j = engine.constant dense<[2, 0]> : tensor<2xi64> -> tensor<2xi64>
  %a = engine.gather %x, %i {axis = 0 : i64} : tensor<6x3xf32>, tensor<2xi64> -> tensor<2x3xf32>
  %b = engine.gather %a, %j {axis = 1 : i64} : tensor<2x3xf32>, tensor<2xi64> -> tensor<2x2xf32>
  func.return %b : tensor<2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_other_axis
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[5, 3]> : tensor<2xi64> -> tensor<2xi64>
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[2, 0]> : tensor<2xi64> -> tensor<2xi64>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<6x3xf32>, tensor<2xi64> -> tensor<2x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<2x3xf32>, tensor<2xi64> -> tensor<2x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x2xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_table(%x: tensor<6x3xf32>) -> tensor<2x2x3xf32> {
  %i = engine.constant dense<[[5, 3], [1, 0]]> : tensor<2x2xi64> -> tensor<2x2xi64>
  %j = engine.constant dense<[1, 0]> : tensor<2xi64> -> tensor<2xi64>
  %a = engine.gather %x, %i {axis = 0 : i64} : tensor<6x3xf32>, tensor<2x2xi64> -> tensor<2x2x3xf32>
  %b = engine.gather %a, %j {axis = 0 : i64} : tensor<2x2x3xf32>, tensor<2xi64> -> tensor<2x2x3xf32>
  func.return %b : tensor<2x2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_table
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[[5, 3], [1, 0]]> : tensor<2x2xi64> -> tensor<2x2xi64>
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[1, 0]> : tensor<2xi64> -> tensor<2xi64>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<6x3xf32>, tensor<2x2xi64> -> tensor<2x2x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<2x2x3xf32>, tensor<2xi64> -> tensor<2x2x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x2x3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_read(%x: tensor<6x3xf32>) -> (tensor<3x3xf32>, tensor<1x3xf32>) {
  %i = engine.constant dense<[5, 2, 3]> : tensor<3xi64> -> tensor<3xi64>
  %j = engine.constant dense<[2]> : tensor<1xi64> -> tensor<1xi64>
  %a = engine.gather %x, %i {axis = 0 : i64} : tensor<6x3xf32>, tensor<3xi64> -> tensor<3x3xf32>
  %b = engine.gather %a, %j {axis = 0 : i64} : tensor<3x3xf32>, tensor<1xi64> -> tensor<1x3xf32>
  func.return %a, %b : tensor<3x3xf32>, tensor<1x3xf32>
}

// CHECK-LABEL: func.func @near_miss_read
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[5, 2, 3]> : tensor<3xi64> -> tensor<3xi64>
// CHECK-NEXT:      %{{.*}} = engine.constant dense<2> : tensor<1xi64> -> tensor<1xi64>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<6x3xf32>, tensor<3xi64> -> tensor<3x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<3x3xf32>, tensor<1xi64> -> tensor<1x3xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<3x3xf32>, tensor<1x3xf32>
// CHECK-NEXT:    }
