// RUN: opt-tool %s --split-input-file -p 'optimize{only=slice-before-map exactness=bitwise}' --check-numerics | filecheck %s

// Elementwise work on what is sliced away need not be done.

func.func @broadcast(%x: tensor<4x6xf32>, %y: tensor<6xf32>, %s: tensor<4x1xf32>) -> tensor<2x6xf32> {
  %a = engine.map ins(%x, %y, %s : tensor<4x6xf32>, tensor<6xf32>, tensor<4x1xf32>) attributes {nodes = ["/mul"]} -> tensor<4x6xf32> {
  ^bb0(%p: f32, %q: f32, %t: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %0, %t : f32
    engine.yield %1 : f32
  }
  %b = engine.slice %a {starts = array<i64: 1, 0>, sizes = array<i64: 2, 6>, steps = array<i64: 1, 1>} : tensor<4x6xf32> -> tensor<2x6xf32>
  func.return %b : tensor<2x6xf32>
}

// CHECK-LABEL: func.func @broadcast
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {nodes = ["/mul"], rewrites = ["slice-before-map"], starts = array<i64: 1, 0>, sizes = array<i64: 2, 6>, steps = array<i64: 1, 1>} : tensor<4x6xf32> -> tensor<2x6xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {nodes = ["/mul"], rewrites = ["slice-before-map"], starts = array<i64: 1, 0>, sizes = array<i64: 2, 1>, steps = array<i64: 1, 1>} : tensor<4x1xf32> -> tensor<2x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x6xf32>, tensor<6xf32>, tensor<2x1xf32>) attributes {nodes = ["/mul"], rewrites = ["slice-before-map"]} -> tensor<2x6xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x6xf32>
// CHECK-NEXT:    }

// -----

// All of it is needed anyway.
func.func @near_miss_second_use(%x: tensor<4x6xf32>) -> (tensor<2x6xf32>, tensor<4x6xf32>) {
  %a = engine.map ins(%x : tensor<4x6xf32>) -> tensor<4x6xf32> {
  ^bb0(%a: f32):
    %0 = arith.negf %a : f32
    engine.yield %0 : f32
  }
  %b = engine.slice %a {starts = array<i64: 1, 0>, sizes = array<i64: 2, 6>, steps = array<i64: 1, 1>} : tensor<4x6xf32> -> tensor<2x6xf32>
  func.return %b, %a : tensor<2x6xf32>, tensor<4x6xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<4x6xf32>) -> tensor<4x6xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 1, 0>, sizes = array<i64: 2, 6>, steps = array<i64: 1, 1>} : tensor<4x6xf32> -> tensor<2x6xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<2x6xf32>, tensor<4x6xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_reduce(%x: tensor<4x6xf32>) -> tensor<2x1xf32> {
  %a = engine.reduce ins(%x : tensor<4x6xf32>) {kind = "sum", axes = array<i64: 1>, keepdims} -> tensor<4x1xf32>
  %b = engine.slice %a {starts = array<i64: 1, 0>, sizes = array<i64: 2, 1>, steps = array<i64: 1, 1>} : tensor<4x1xf32> -> tensor<2x1xf32>
  func.return %b : tensor<2x1xf32>
}

// CHECK-LABEL: func.func @near_miss_reduce
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}} : tensor<4x6xf32>) {kind = "sum", axes = array<i64: 1>, keepdims} -> tensor<4x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 1, 0>, sizes = array<i64: 2, 1>, steps = array<i64: 1, 1>} : tensor<4x1xf32> -> tensor<2x1xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x1xf32>
// CHECK-NEXT:    }

// -----

// Nothing is left of an index that is not repeated, though there is only one of it.
func.func @to_nothing(%x: tensor<1x6xf32>, %y: tensor<1xf32>) -> tensor<0x6xf32> {
  %a = engine.map ins(%x, %y : tensor<1x6xf32>, tensor<1xf32>) -> tensor<1x6xf32> {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.mulf %a, %b : f32
    engine.yield %0 : f32
  }
  %b = engine.slice %a {starts = array<i64: 1, 0>, sizes = array<i64: 0, 6>, steps = array<i64: 1, 1>} : tensor<1x6xf32> -> tensor<0x6xf32>
  func.return %b : tensor<0x6xf32>
}

// CHECK-LABEL: func.func @to_nothing
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["slice-before-map"], starts = array<i64: 1, 0>, sizes = array<i64: 0, 6>, steps = array<i64: 1, 1>} : tensor<1x6xf32> -> tensor<0x6xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<0x6xf32>, tensor<1xf32>) attributes {rewrites = ["slice-before-map"]} -> tensor<0x6xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<0x6xf32>
// CHECK-NEXT:    }
