// RUN: opt-tool %s --split-input-file -p 'optimize{only=fuse-map-into-map exactness=bitwise}' --check-numerics | filecheck %s

// A map that only one other map reads is computed there.
//
//     map{f}(map{g}(x), y) => map{f . g}(x, y) if only this map reads map{g}(x) and no element of
//     it is needed twice.

func.func @fused(%x: tensor<2x3xf32>, %y: tensor<3xf32>) -> tensor<2x3xf32> {
  %0 = engine.map ins(%x : tensor<2x3xf32>) attributes {nodes = ["/neg"]} -> tensor<2x3xf32> {
  ^bb0(%p: f32):
    %1 = arith.negf %p : f32
    engine.yield %1 : f32
  }
  %2 = engine.map ins(%0, %y : tensor<2x3xf32>, tensor<3xf32>) attributes {nodes = ["/add"]} -> tensor<2x3xf32> {
  ^bb0(%p: f32, %q: f32):
    %3 = arith.addf %p, %q : f32
    engine.yield %3 : f32
  }
  func.return %2 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @fused
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3xf32>, tensor<3xf32>) attributes {nodes = ["/neg", "/add"], rewrites = ["fuse-map-into-map"]} -> tensor<2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

// Read twice, but by one map: x * x is computed from one operand.
func.func @both_operands(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = engine.map ins(%x : tensor<2x3xf32>) attributes {nodes = ["/neg"]} -> tensor<2x3xf32> {
  ^bb0(%p: f32):
    %1 = arith.negf %p : f32
    engine.yield %1 : f32
  }
  %2 = engine.map ins(%0, %0, %x : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32> {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %3 = arith.mulf %p, %q : f32
    %4 = arith.subf %3, %r : f32
    engine.yield %4 : f32
  }
  func.return %2 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @both_operands
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3xf32>) attributes {nodes = ["/neg"], rewrites = ["fuse-map-into-map"]} -> tensor<2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

// The graph returns the inner map, too.
func.func @near_miss_output(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %0 = engine.map ins(%x : tensor<2x3xf32>) attributes {nodes = ["/neg"]} -> tensor<2x3xf32> {
  ^bb0(%p: f32):
    %1 = arith.negf %p : f32
    engine.yield %1 : f32
  }
  %2 = engine.map ins(%0 : tensor<2x3xf32>) -> tensor<2x3xf32> {
  ^bb0(%p: f32):
    %3 = arith.mulf %p, %p : f32
    engine.yield %3 : f32
  }
  func.return %0, %2 : tensor<2x3xf32>, tensor<2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_output
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3xf32>) attributes {nodes = ["/neg"]} -> tensor<2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3xf32>) -> tensor<2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<2x3xf32>, tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

// Each element of the inner map would be computed four times.
func.func @near_miss_broadcast(%x: tensor<2x3xf32>, %y: tensor<4x2x3xf32>) -> tensor<4x2x3xf32> {
  %0 = engine.map ins(%x : tensor<2x3xf32>) attributes {nodes = ["/neg"]} -> tensor<2x3xf32> {
  ^bb0(%p: f32):
    %1 = arith.negf %p : f32
    engine.yield %1 : f32
  }
  %2 = engine.map ins(%0, %y : tensor<2x3xf32>, tensor<4x2x3xf32>) -> tensor<4x2x3xf32> {
  ^bb0(%p: f32, %q: f32):
    %3 = arith.addf %p, %q : f32
    engine.yield %3 : f32
  }
  func.return %2 : tensor<4x2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_broadcast
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3xf32>) attributes {nodes = ["/neg"]} -> tensor<2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3xf32>, tensor<4x2x3xf32>) -> tensor<4x2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x2x3xf32>
// CHECK-NEXT:    }
