// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-empty-reduce exactness=bitwise}' --check-numerics | filecheck %s

// A reduction over no axis disappears.
//
//     reduce{axes=[]}(x) => x if no region is fused.

func.func @no_axis(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = engine.reduce ins(%x : tensor<2x3xf32>) {kind = "sum", axes = array<i64>, keepdims} -> tensor<2x3xf32>
  func.return %0 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @no_axis
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

// An axis of extent 1 is still an axis: the reduction may have to drop it.
func.func @near_miss_unit_axis(%x: tensor<2x1xf32>) -> tensor<2xf32> {
  %0 = engine.reduce ins(%x : tensor<2x1xf32>) {kind = "sum", axes = array<i64: 1>} -> tensor<2xf32>
  func.return %0 : tensor<2xf32>
}

// CHECK-LABEL: func.func @near_miss_unit_axis
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x1xf32>) {kind = "sum", axes = array<i64: 1>} -> tensor<2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2xf32>
// CHECK-NEXT:    }

// -----

// The fused region computes something.
func.func @near_miss_region(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = engine.reduce ins(%x : tensor<2x3xf32>) {kind = "sum", axes = array<i64>, keepdims} -> tensor<2x3xf32> {
  ^bb0(%a: f32):
    %1 = arith.mulf %a, %a : f32
    engine.yield %1 : f32
  }
  func.return %0 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_region
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3xf32>) {kind = "sum", axes = array<i64>, keepdims} -> tensor<2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }
