// RUN: opt-tool %s --split-input-file -p 'optimize{only=gather-before-map exactness=bitwise}' --check-numerics | filecheck %s

func.func @words(%x: tensor<6x4xf32>, %b: tensor<4xf32>, %c: tensor<6x1xf32>, %i: tensor<2xi64>) -> tensor<2x4xf32> {
  %z = engine.map ins(%i : tensor<2xi64>) -> tensor<2xi64> {
  ^bb0(%p: i64):
    %k = arith.constant 3 : i64
    %n = arith.andi %p, %k : i64
    engine.yield %n : i64
  }
  %a = engine.map ins(%x, %b, %c : tensor<6x4xf32>, tensor<4xf32>, tensor<6x1xf32>) -> tensor<6x4xf32> {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %n = arith.subf %p, %q : f32
    %o = arith.mulf %n, %r : f32
    engine.yield %o : f32
  }
  %d = engine.gather %a, %z {axis = 0 : i64} : tensor<6x4xf32>, tensor<2xi64> -> tensor<2x4xf32>
  func.return %d : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @words
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2xi64>) -> tensor<2xi64> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i64):
// CHECK-NEXT:        %{{.*}} = arith.constant 3 : i64
// CHECK-NEXT:        %{{.*}} = arith.andi %{{.*}}, %{{.*}} : i64
// CHECK-NEXT:        engine.yield %{{.*}} : i64
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {rewrites = ["gather-before-map"], axis = 0 : i64} : tensor<6x4xf32>, tensor<2xi64> -> tensor<2x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {rewrites = ["gather-before-map"], axis = 0 : i64} : tensor<6x1xf32>, tensor<2xi64> -> tensor<2x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x4xf32>, tensor<4xf32>, tensor<2x1xf32>) attributes {rewrites = ["gather-before-map"]} -> tensor<2x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x4xf32>
// CHECK-NEXT:    }

// -----

func.func @one(%x: tensor<2x6x4xf32>, %b: tensor<2x1x4xf32>, %i: tensor<i64>) -> tensor<2x4xf32> {
  %z = engine.map ins(%i : tensor<i64>) -> tensor<i64> {
  ^bb0(%p: i64):
    %k = arith.constant 3 : i64
    %n = arith.andi %p, %k : i64
    engine.yield %n : i64
  }
  %a = engine.map ins(%x, %b : tensor<2x6x4xf32>, tensor<2x1x4xf32>) -> tensor<2x6x4xf32> {
  ^bb0(%p: f32, %q: f32):
    %n = arith.subf %p, %q : f32
    engine.yield %n : f32
  }
  %d = engine.gather %a, %z {axis = 1 : i64} : tensor<2x6x4xf32>, tensor<i64> -> tensor<2x4xf32>
  func.return %d : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @one
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<i64>) -> tensor<i64> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i64):
// CHECK-NEXT:        %{{.*}} = arith.constant 3 : i64
// CHECK-NEXT:        %{{.*}} = arith.andi %{{.*}}, %{{.*}} : i64
// CHECK-NEXT:        engine.yield %{{.*}} : i64
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {rewrites = ["gather-before-map"], axis = 1 : i64} : tensor<2x6x4xf32>, tensor<i64> -> tensor<2x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["gather-before-map"]} : tensor<2x1x4xf32> -> tensor<2x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x4xf32>, tensor<2x4xf32>) attributes {rewrites = ["gather-before-map"]} -> tensor<2x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x4xf32>
// CHECK-NEXT:    }

// -----

func.func @open(%x: tensor<?x4xf32, #engine.sizes<"S">>) -> tensor<1x4xf32> attributes {sizes = #engine.names<S in 1>} {
  %z = engine.constant dense<[-1]> : tensor<1xi64> -> tensor<1xi64>
  %a = engine.map ins(%x : tensor<?x4xf32, #engine.sizes<"S">>) -> tensor<?x4xf32, #engine.sizes<"S">> {
  ^bb0(%p: f32):
    %n = arith.negf %p : f32
    engine.yield %n : f32
  }
  %d = engine.gather %a, %z {axis = 0 : i64} : tensor<?x4xf32, #engine.sizes<"S">>, tensor<1xi64> -> tensor<1x4xf32>
  func.return %d : tensor<1x4xf32>
}

// CHECK-LABEL: func.func @open
// CHECK-NEXT:      %{{.*}} = engine.constant dense<-1> : tensor<1xi64> -> tensor<1xi64>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {rewrites = ["gather-before-map"], axis = 0 : i64} : tensor<?x4xf32, #engine.sizes<"S">>, tensor<1xi64> -> tensor<1x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<1x4xf32>) attributes {rewrites = ["gather-before-map"]} -> tensor<1x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x4xf32>
// CHECK-NEXT:    }

// -----

// Rows would be computed twice.
func.func @near_miss_more(%x: tensor<2x4xf32>) -> tensor<3x4xf32> {
  %z = engine.constant dense<[0, 1, 0]> : tensor<3xi64> -> tensor<3xi64>
  %a = engine.map ins(%x : tensor<2x4xf32>) -> tensor<2x4xf32> {
  ^bb0(%p: f32):
    %n = math.exp %p : f32
    engine.yield %n : f32
  }
  %d = engine.gather %a, %z {axis = 0 : i64} : tensor<2x4xf32>, tensor<3xi64> -> tensor<3x4xf32>
  func.return %d : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_more
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[0, 1, 0]> : tensor<3xi64> -> tensor<3xi64>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x4xf32>) -> tensor<2x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<2x4xf32>, tensor<3xi64> -> tensor<3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:    }

// -----

// There may be fewer rows than are taken.
func.func @near_miss_open(%x: tensor<?x4xf32, #engine.sizes<"S">>) -> tensor<2x4xf32> attributes {sizes = #engine.names<S in 1>} {
  %z = engine.constant dense<[-1, 0]> : tensor<2xi64> -> tensor<2xi64>
  %a = engine.map ins(%x : tensor<?x4xf32, #engine.sizes<"S">>) -> tensor<?x4xf32, #engine.sizes<"S">> {
  ^bb0(%p: f32):
    %n = arith.negf %p : f32
    engine.yield %n : f32
  }
  %d = engine.gather %a, %z {axis = 0 : i64} : tensor<?x4xf32, #engine.sizes<"S">>, tensor<2xi64> -> tensor<2x4xf32>
  func.return %d : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @near_miss_open
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[-1, 0]> : tensor<2xi64> -> tensor<2xi64>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<?x4xf32, #engine.sizes<"S">>) -> tensor<?x4xf32, #engine.sizes<"S">> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<?x4xf32, #engine.sizes<"S">>, tensor<2xi64> -> tensor<2x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_read(%x: tensor<2x4xf32>) -> (tensor<1x4xf32>, tensor<2x4xf32>) {
  %z = engine.constant dense<[1]> : tensor<1xi64> -> tensor<1xi64>
  %a = engine.map ins(%x : tensor<2x4xf32>) -> tensor<2x4xf32> {
  ^bb0(%p: f32):
    %n = math.exp %p : f32
    engine.yield %n : f32
  }
  %d = engine.gather %a, %z {axis = 0 : i64} : tensor<2x4xf32>, tensor<1xi64> -> tensor<1x4xf32>
  func.return %d, %a : tensor<1x4xf32>, tensor<2x4xf32>
}

// CHECK-LABEL: func.func @near_miss_read
// CHECK-NEXT:      %{{.*}} = engine.constant dense<1> : tensor<1xi64> -> tensor<1xi64>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x4xf32>) -> tensor<2x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<2x4xf32>, tensor<1xi64> -> tensor<1x4xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<1x4xf32>, tensor<2x4xf32>
// CHECK-NEXT:    }
