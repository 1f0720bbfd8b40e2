// RUN: opt-tool %s --split-input-file -p 'optimize{only=fuse-map-into-contraction exactness=bitwise}' --check-numerics | filecheck %s

// Elementwise work on the result of a contraction moves into its epilogue.
//
//     map{f}(contraction{e}(x, w), y) => contraction{f . e}(x, w, y) if only this map reads the
//     contraction, whose result has the map's shape.

// A residual and an activation, one after the other.
func.func @residual_relu(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x3x3xf32>, %r: tensor<1x3x2x2xf32>) -> tensor<1x3x2x2xf32> {
  %y = engine.conv %x, %w {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x2x2xf32>
  %a = engine.map ins(%y, %r : tensor<1x3x2x2xf32>, tensor<1x3x2x2xf32>) attributes {nodes = ["/add"]} -> tensor<1x3x2x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  %b = engine.map ins(%a : tensor<1x3x2x2xf32>) attributes {nodes = ["/relu"]} -> tensor<1x3x2x2xf32> {
  ^bb0(%p: f32):
    %z = arith.constant 0.0 : f32
    %0 = arith.maximumf %p, %z : f32
    engine.yield %0 : f32
  }
  func.return %b : tensor<1x3x2x2xf32>
}

// CHECK-LABEL: func.func @residual_relu
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<1x3x2x2xf32>) {nodes = ["/conv", "/add", "/relu"], rewrites = ["fuse-map-into-contraction"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x2x2xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3x2x2xf32>
// CHECK-NEXT:    }

// -----

// The accumulator is used twice in the map: x * sigmoid(x).
func.func @matmul_silu(%x: tensor<2x3xf32>, %w: tensor<3x5xf32>) -> tensor<2x5xf32> {
  %y = engine.matmul %x, %w : tensor<2x3xf32>, tensor<3x5xf32> -> tensor<2x5xf32>
  %a = engine.map ins(%y : tensor<2x5xf32>) -> tensor<2x5xf32> {
  ^bb0(%p: f32):
    %one = arith.constant 1.0 : f32
    %n = arith.negf %p : f32
    %e = math.exp %n : f32
    %d = arith.addf %e, %one : f32
    %0 = arith.divf %p, %d : f32
    engine.yield %0 : f32
  }
  func.return %a : tensor<2x5xf32>
}

// CHECK-LABEL: func.func @matmul_silu
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {rewrites = ["fuse-map-into-contraction"]} : tensor<2x3xf32>, tensor<3x5xf32> -> tensor<2x5xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x5xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_second_use(%x: tensor<1x2x4x4xf32>, %w: tensor<3x2x3x3xf32>) -> (tensor<1x3x2x2xf32>, tensor<1x3x2x2xf32>) {
  %y = engine.conv %x, %w {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x2x2xf32>
  %a = engine.map ins(%y : tensor<1x3x2x2xf32>) -> tensor<1x3x2x2xf32> {
  ^bb0(%p: f32):
    %0 = arith.negf %p : f32
    engine.yield %0 : f32
  }
  func.return %y, %a : tensor<1x3x2x2xf32>, tensor<1x3x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x2x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<1x3x2x2xf32>) -> tensor<1x3x2x2xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<1x3x2x2xf32>, tensor<1x3x2x2xf32>
// CHECK-NEXT:    }

// -----

// The map broadcasts the contraction's result.
func.func @near_miss_broadcast(%x: tensor<2x3xf32>, %w: tensor<3x5xf32>, %r: tensor<4x2x5xf32>) -> tensor<4x2x5xf32> {
  %y = engine.matmul %x, %w : tensor<2x3xf32>, tensor<3x5xf32> -> tensor<2x5xf32>
  %a = engine.map ins(%y, %r : tensor<2x5xf32>, tensor<4x2x5xf32>) -> tensor<4x2x5xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %a : tensor<4x2x5xf32>
}

// CHECK-LABEL: func.func @near_miss_broadcast
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<2x3xf32>, tensor<3x5xf32> -> tensor<2x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x5xf32>, tensor<4x2x5xf32>) -> tensor<4x2x5xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x2x5xf32>
// CHECK-NEXT:    }

// -----

// A map reports that an integer is divided by zero, a contraction could not.
func.func @near_miss_division(%x: tensor<2x3xi32>, %d: tensor<2x3xi32>) -> tensor<2x3xi32> {
  %w = engine.constant dense<1> : tensor<3x3xi32> -> tensor<3x3xi32>
  %y = engine.matmul %x, %w : tensor<2x3xi32>, tensor<3x3xi32> -> tensor<2x3xi32>
  %0 = engine.map ins(%y, %d : tensor<2x3xi32>, tensor<2x3xi32>) -> tensor<2x3xi32> {
  ^bb0(%p: i32, %q: i32):
    %one = arith.constant 1 : i32
    %odd = arith.ori %q, %one : i32
    %1 = arith.divsi %p, %odd : i32
    engine.yield %1 : i32
  }
  func.return %0 : tensor<2x3xi32>
}

// CHECK-LABEL: func.func @near_miss_division
// CHECK:         engine.map
// CHECK:           arith.divsi
