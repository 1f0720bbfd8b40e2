// RUN: opt-tool %s --split-input-file -p 'optimize{only=move-splat exactness=bitwise}' --check-numerics | filecheck %s

// One number in many places stays one number however it is moved.

func.func @reshape(%x: tensor<6xf32>) -> tensor<6xf32> {
  %c = engine.constant dense<0.5> : tensor<1xf32> -> tensor<1xf32>
  %a = engine.broadcast %c : tensor<1xf32> -> tensor<2x3xf32>
  %b = engine.reshape %a : tensor<2x3xf32> -> tensor<6xf32>
  %r = engine.map ins(%x, %b : tensor<6xf32>, tensor<6xf32>) attributes {nodes = ["/add"]} -> tensor<6xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<6xf32>
}

// CHECK-LABEL: func.func @reshape
// CHECK-NEXT:      %{{.*}} = engine.constant dense<5.000000e-01> : tensor<1xf32> -> tensor<1xf32>
// CHECK-NEXT:      %{{.*}} = engine.broadcast %{{.*}} {rewrites = ["move-splat"]} : tensor<1xf32> -> tensor<6xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<6xf32>, tensor<6xf32>) attributes {nodes = ["/add"]} -> tensor<6xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<6xf32>
// CHECK-NEXT:    }

// -----

func.func @transpose(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %c = engine.constant dense<0.5> : tensor<1xf32> -> tensor<1xf32>
  %a = engine.broadcast %c : tensor<1xf32> -> tensor<2x3xf32>
  %b = engine.transpose %a {perm = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
  %r = engine.map ins(%x, %b : tensor<3x2xf32>, tensor<3x2xf32>) attributes {nodes = ["/add"]} -> tensor<3x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3x2xf32>
}

// CHECK-LABEL: func.func @transpose
// CHECK-NEXT:      %{{.*}} = engine.constant dense<5.000000e-01> : tensor<1xf32> -> tensor<1xf32>
// CHECK-NEXT:      %{{.*}} = engine.broadcast %{{.*}} {rewrites = ["move-splat"]} : tensor<1xf32> -> tensor<3x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x2xf32>, tensor<3x2xf32>) attributes {nodes = ["/add"]} -> tensor<3x2xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3x2xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_two_numbers(%x: tensor<6xf32>) -> tensor<6xf32> {
  %c = engine.constant dense<[[0.5], [0.25]]> : tensor<2x1xf32> -> tensor<2x1xf32>
  %a = engine.broadcast %c : tensor<2x1xf32> -> tensor<2x3xf32>
  %b = engine.reshape %a : tensor<2x3xf32> -> tensor<6xf32>
  %r = engine.map ins(%x, %b : tensor<6xf32>, tensor<6xf32>) attributes {nodes = ["/add"]} -> tensor<6xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<6xf32>
}

// CHECK-LABEL: func.func @near_miss_two_numbers
// CHECK-NEXT:      %{{.*}} = engine.constant dense<{{\[\[}}5.000000e-01], [2.500000e-01{{\]\]}}> : tensor<2x1xf32> -> tensor<2x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.broadcast %{{.*}} : tensor<2x1xf32> -> tensor<2x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<2x3xf32> -> tensor<6xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<6xf32>, tensor<6xf32>) attributes {nodes = ["/add"]} -> tensor<6xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<6xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_computed(%x: tensor<6xf32>, %c: tensor<1xf32>) -> tensor<6xf32> {
  %a = engine.broadcast %c : tensor<1xf32> -> tensor<2x3xf32>
  %b = engine.reshape %a : tensor<2x3xf32> -> tensor<6xf32>
  %r = engine.map ins(%x, %b : tensor<6xf32>, tensor<6xf32>) attributes {nodes = ["/add"]} -> tensor<6xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<6xf32>
}

// CHECK-LABEL: func.func @near_miss_computed
// CHECK-NEXT:      %{{.*}} = engine.broadcast %{{.*}} : tensor<1xf32> -> tensor<2x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<2x3xf32> -> tensor<6xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<6xf32>, tensor<6xf32>) attributes {nodes = ["/add"]} -> tensor<6xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<6xf32>
// CHECK-NEXT:    }
