// RUN: opt-tool %s --split-input-file -p 'optimize{only=broadcast-into-map exactness=bitwise}' --check-numerics | filecheck %s

// A map broadcasts by itself.

func.func @one(%x: tensor<2x3x4xf32>, %y: tensor<3x1xf32>) -> tensor<2x3x4xf32> {
  %a = engine.broadcast %y : tensor<3x1xf32> -> tensor<2x3x4xf32>
  %r = engine.map ins(%x, %a : tensor<2x3x4xf32>, tensor<2x3x4xf32>) attributes {nodes = ["/add"]} -> tensor<2x3x4xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<2x3x4xf32>
}

// CHECK-LABEL: func.func @one
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x4xf32>, tensor<3x1xf32>) attributes {nodes = ["/add"], rewrites = ["broadcast-into-map"]} -> tensor<2x3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x4xf32>
// CHECK-NEXT:    }

// -----

// Both, since each gives what the other lacks.
func.func @outer_product(%x: tensor<2x1xf32>, %y: tensor<1x3xf32>) -> tensor<2x3xf32> {
  %a = engine.broadcast %x : tensor<2x1xf32> -> tensor<2x3xf32>
  %b = engine.broadcast %y : tensor<1x3xf32> -> tensor<2x3xf32>
  %r = engine.map ins(%a, %b : tensor<2x3xf32>, tensor<2x3xf32>) attributes {nodes = ["/add"]} -> tensor<2x3xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @outer_product
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x1xf32>, tensor<1x3xf32>) attributes {nodes = ["/add"], rewrites = ["broadcast-into-map"]} -> tensor<2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

// Nothing else gives the result's shape.
func.func @near_miss_needed(%x: tensor<1x3xf32>, %y: tensor<3xf32>) -> tensor<2x3xf32> {
  %a = engine.broadcast %x : tensor<1x3xf32> -> tensor<2x3xf32>
  %r = engine.map ins(%a, %y : tensor<2x3xf32>, tensor<3xf32>) attributes {nodes = ["/add"]} -> tensor<2x3xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_needed
// CHECK-NEXT:      %{{.*}} = engine.broadcast %{{.*}} : tensor<1x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3xf32>, tensor<3xf32>) attributes {nodes = ["/add"]} -> tensor<2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }
