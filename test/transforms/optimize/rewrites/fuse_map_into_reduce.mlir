// RUN: opt-tool %s --split-input-file -p 'optimize{only=fuse-map-into-reduce exactness=bitwise}' --check-numerics | filecheck %s

// A map that only a reduction reads is computed while reducing.
//
//     reduce{k}(map{g}(x)) => reduce{k, g}(x) if only this reduction reads map{g}(x).

func.func @fused(%x: tensor<2x3xf32>) -> tensor<2x1xf32> {
  %0 = engine.map ins(%x : tensor<2x3xf32>) attributes {nodes = ["/neg"]} -> tensor<2x3xf32> {
  ^bb0(%p: f32):
    %1 = arith.negf %p : f32
    engine.yield %1 : f32
  }
  %2 = engine.reduce ins(%0 : tensor<2x3xf32>) {kind = "max", axes = array<i64: 1>, keepdims, nodes = ["/max"]} -> tensor<2x1xf32>
  func.return %2 : tensor<2x1xf32>
}

// CHECK-LABEL: func.func @fused
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3xf32>) {nodes = ["/neg", "/max"], rewrites = ["fuse-map-into-reduce"], kind = "max", axes = array<i64: 1>, keepdims} -> tensor<2x1xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x1xf32>
// CHECK-NEXT:    }

// -----

// A broadcasting map is reduced over its result's shape.
func.func @broadcast(%x: tensor<2x1xf32>, %y: tensor<3xf32>) -> tensor<2xf32> {
  %0 = engine.map ins(%x, %y : tensor<2x1xf32>, tensor<3xf32>) -> tensor<2x3xf32> {
  ^bb0(%p: f32, %q: f32):
    %1 = arith.mulf %p, %q : f32
    engine.yield %1 : f32
  }
  %2 = engine.reduce ins(%0 : tensor<2x3xf32>) {kind = "sum", axes = array<i64: 1>} -> tensor<2xf32>
  func.return %2 : tensor<2xf32>
}

// CHECK-LABEL: func.func @broadcast
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}}, %{{.*}} : tensor<2x1xf32>, tensor<3xf32>) {rewrites = ["fuse-map-into-reduce"], kind = "sum", axes = array<i64: 1>} -> tensor<2xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_second_use(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x1xf32>) {
  %0 = engine.map ins(%x : tensor<2x3xf32>) attributes {nodes = ["/neg"]} -> tensor<2x3xf32> {
  ^bb0(%p: f32):
    %1 = arith.negf %p : f32
    engine.yield %1 : f32
  }
  %2 = engine.reduce ins(%0 : tensor<2x3xf32>) {kind = "max", axes = array<i64: 1>, keepdims} -> tensor<2x1xf32>
  func.return %0, %2 : tensor<2x3xf32>, tensor<2x1xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3xf32>) attributes {nodes = ["/neg"]} -> tensor<2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3xf32>) {kind = "max", axes = array<i64: 1>, keepdims} -> tensor<2x1xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<2x3xf32>, tensor<2x1xf32>
// CHECK-NEXT:    }

// -----

// A map reports that an integer is divided by zero, a reduction could not.
func.func @near_miss_division(%x: tensor<2x3xi32>, %d: tensor<2x3xi32>) -> tensor<2xi32> {
  %0 = engine.map ins(%x, %d : tensor<2x3xi32>, tensor<2x3xi32>) -> tensor<2x3xi32> {
  ^bb0(%p: i32, %q: i32):
    %one = arith.constant 1 : i32
    %odd = arith.ori %q, %one : i32
    %1 = arith.divsi %p, %odd : i32
    engine.yield %1 : i32
  }
  %2 = engine.reduce ins(%0 : tensor<2x3xi32>) {kind = "sum", axes = array<i64: 1>} -> tensor<2xi32>
  func.return %2 : tensor<2xi32>
}

// CHECK-LABEL: func.func @near_miss_division
// CHECK:         engine.map
// CHECK:           arith.divsi
// CHECK:         engine.reduce ins(%{{.*}} : tensor<2x3xi32>)
