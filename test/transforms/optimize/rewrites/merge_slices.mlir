// RUN: opt-tool %s --split-input-file -p 'optimize{only=merge-slices exactness=bitwise}' --check-numerics | filecheck %s

// A slice of a slice is one slice.

func.func @steps(%x: tensor<4x10xf32>) -> tensor<2x2xf32> {
  %a = engine.slice %x {nodes = ["/a"], starts = array<i64: 1, 9>, sizes = array<i64: 3, 4>, steps = array<i64: 1, -2>} : tensor<4x10xf32> -> tensor<3x4xf32>
  %b = engine.slice %a {nodes = ["/b"], starts = array<i64: 0, 1>, sizes = array<i64: 2, 2>, steps = array<i64: 2, 2>} : tensor<3x4xf32> -> tensor<2x2xf32>
  func.return %b : tensor<2x2xf32>
}

// CHECK-LABEL: func.func @steps
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {nodes = ["/a", "/b"], rewrites = ["merge-slices"], starts = array<i64: 1, 7>, sizes = array<i64: 2, 2>, steps = array<i64: 2, -4>} : tensor<4x10xf32> -> tensor<2x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x2xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_map(%x: tensor<4x10xf32>) -> tensor<3x2xf32> {
  %a = engine.map ins(%x : tensor<4x10xf32>) -> tensor<4x10xf32> {
  ^bb0(%a: f32):
    %0 = arith.negf %a : f32
    engine.yield %0 : f32
  }
  %b = engine.slice %a {starts = array<i64: 0, 1>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<4x10xf32> -> tensor<3x2xf32>
  func.return %b : tensor<3x2xf32>
}

// CHECK-LABEL: func.func @near_miss_map
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<4x10xf32>) -> tensor<4x10xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 1>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<4x10xf32> -> tensor<3x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<3x2xf32>
// CHECK-NEXT:    }
