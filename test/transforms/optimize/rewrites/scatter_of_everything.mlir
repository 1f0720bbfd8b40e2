// RUN: opt-tool %s --split-input-file -p 'optimize{only=scatter-of-everything exactness=bitwise}' --check-numerics | filecheck %s

func.func @everything(%x: tensor<2x3x4xf32>, %u: tensor<6x4xf32>) -> tensor<2x3x4xf32> {
  %i = engine.constant dense<[[0, 0], [0, 1], [0, -1], [1, 0], [-1, 1], [1, 2]]> : tensor<6x2xi64> -> tensor<6x2xi64>
  %a = engine.scatter %x, %i, %u {reduction = "none"} : tensor<2x3x4xf32>, tensor<6x2xi64>, tensor<6x4xf32> -> tensor<2x3x4xf32>
  func.return %a : tensor<2x3x4xf32>
}

// CHECK-LABEL: func.func @everything
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["scatter-of-everything"]} : tensor<6x4xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @open(%x: tensor<2x?xf32, #engine.sizes<"S">>, %u: tensor<2x?xf32, #engine.sizes<"S">>) -> tensor<2x?xf32, #engine.sizes<"S">> attributes {sizes = #engine.names<S in 1>} {
  %i = engine.constant dense<[[0], [1]]> : tensor<2x1xi64> -> tensor<2x1xi64>
  %a = engine.scatter %x, %i, %u {reduction = "none"} : tensor<2x?xf32, #engine.sizes<"S">>, tensor<2x1xi64>, tensor<2x?xf32, #engine.sizes<"S">> -> tensor<2x?xf32, #engine.sizes<"S">>
  func.return %a : tensor<2x?xf32, #engine.sizes<"S">>
}

// CHECK-LABEL: func.func @open
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["scatter-of-everything"]} : tensor<2x?xf32, #engine.sizes<"S">> -> tensor<2x?xf32, #engine.sizes<"S">>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x?xf32, #engine.sizes<"S">>
// CHECK-NEXT:    }

// -----

// One part is written twice, another one not at all.
func.func @near_miss_twice(%x: tensor<3x4xf32>, %u: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %i = engine.constant dense<[[0], [1], [1]]> : tensor<3x1xi64> -> tensor<3x1xi64>
  %a = engine.scatter %x, %i, %u {reduction = "none"} : tensor<3x4xf32>, tensor<3x1xi64>, tensor<3x4xf32> -> tensor<3x4xf32>
  func.return %a : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_twice
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[[0], [1], [1]]> : tensor<3x1xi64> -> tensor<3x1xi64>
// CHECK-NEXT:      %{{.*}} = engine.scatter %{{.*}}, %{{.*}}, %{{.*}} {reduction = "none"} : tensor<3x4xf32>, tensor<3x1xi64>, tensor<3x4xf32> -> tensor<3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_part(%x: tensor<3x4xf32>, %u: tensor<2x4xf32>) -> tensor<3x4xf32> {
  %i = engine.constant dense<[[0], [1]]> : tensor<2x1xi64> -> tensor<2x1xi64>
  %a = engine.scatter %x, %i, %u {reduction = "none"} : tensor<3x4xf32>, tensor<2x1xi64>, tensor<2x4xf32> -> tensor<3x4xf32>
  func.return %a : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_part
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[[0], [1]]> : tensor<2x1xi64> -> tensor<2x1xi64>
// CHECK-NEXT:      %{{.*}} = engine.scatter %{{.*}}, %{{.*}}, %{{.*}} {reduction = "none"} : tensor<3x4xf32>, tensor<2x1xi64>, tensor<2x4xf32> -> tensor<3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_sum(%x: tensor<2x4xf32>, %u: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %i = engine.constant dense<[[0], [1]]> : tensor<2x1xi64> -> tensor<2x1xi64>
  %a = engine.scatter %x, %i, %u {reduction = "add"} : tensor<2x4xf32>, tensor<2x1xi64>, tensor<2x4xf32> -> tensor<2x4xf32>
  func.return %a : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @near_miss_sum
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[[0], [1]]> : tensor<2x1xi64> -> tensor<2x1xi64>
// CHECK-NEXT:      %{{.*}} = engine.scatter %{{.*}}, %{{.*}}, %{{.*}} {reduction = "add"} : tensor<2x4xf32>, tensor<2x1xi64>, tensor<2x4xf32> -> tensor<2x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x4xf32>
// CHECK-NEXT:    }

// -----

// The rows change places.
func.func @near_miss_order(%x: tensor<2x4xf32>, %u: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %i = engine.constant dense<[[1], [0]]> : tensor<2x1xi64> -> tensor<2x1xi64>
  %a = engine.scatter %x, %i, %u {reduction = "none"} : tensor<2x4xf32>, tensor<2x1xi64>, tensor<2x4xf32> -> tensor<2x4xf32>
  func.return %a : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @near_miss_order
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[[1], [0]]> : tensor<2x1xi64> -> tensor<2x1xi64>
// CHECK-NEXT:      %{{.*}} = engine.scatter %{{.*}}, %{{.*}}, %{{.*}} {reduction = "none"} : tensor<2x4xf32>, tensor<2x1xi64>, tensor<2x4xf32> -> tensor<2x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x4xf32>
// CHECK-NEXT:    }
