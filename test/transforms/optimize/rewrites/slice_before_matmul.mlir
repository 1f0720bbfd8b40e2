// RUN: opt-tool %s --split-input-file -p 'optimize{only=slice-before-matmul exactness=rounding}' --check-numerics | filecheck %s

// The logits of the last word.

func.func @last_word(%x: tensor<2x5x8xf32>, %w: tensor<8x6xf32>, %b: tensor<6xf32>, %r: tensor<2x5x6xf32>) -> tensor<2x1x6xf32> {
  %a = engine.matmul %x, %w epilogue(%b, %r : tensor<6xf32>, tensor<2x5x6xf32>) : tensor<2x5x8xf32>, tensor<8x6xf32> -> tensor<2x5x6xf32> {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %n = arith.addf %p, %q : f32
    %o = arith.subf %n, %s : f32
    engine.yield %o : f32
  }
  %c = engine.slice %a {starts = array<i64: 0, 4, 0>, sizes = array<i64: 2, 1, 6>, steps = array<i64: 1, 1, 1>} : tensor<2x5x6xf32> -> tensor<2x1x6xf32>
  func.return %c : tensor<2x1x6xf32>
}

// CHECK-LABEL: func.func @last_word
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["slice-before-matmul"], starts = array<i64: 0, 4, 0>, sizes = array<i64: 2, 1, 8>, steps = array<i64: 1, 1, 1>} : tensor<2x5x8xf32> -> tensor<2x1x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["slice-before-matmul"], starts = array<i64: 0, 4, 0>, sizes = array<i64: 2, 1, 6>, steps = array<i64: 1, 1, 1>} : tensor<2x5x6xf32> -> tensor<2x1x6xf32>
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}}, %{{.*}} : tensor<6xf32>, tensor<2x1x6xf32>) {rewrites = ["slice-before-matmul"]} : tensor<2x1x8xf32>, tensor<8x6xf32> -> tensor<2x1x6xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x1x6xf32>
// CHECK-NEXT:    }

// -----

func.func @columns(%x: tensor<8x5xf32>) -> tensor<5x2xf32> {
  %w = engine.constant dense<[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], [2.0, 1.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], [3.0, 1.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]]> : tensor<3x8xf32> -> tensor<3x8xf32>
  %a = engine.matmul %x, %w {trans_lhs, trans_rhs} : tensor<8x5xf32>, tensor<3x8xf32> -> tensor<5x3xf32>
  %c = engine.slice %a {starts = array<i64: 0, 1>, sizes = array<i64: 5, 2>, steps = array<i64: 1, 1>} : tensor<5x3xf32> -> tensor<5x2xf32>
  func.return %c : tensor<5x2xf32>
}

// CHECK-LABEL: func.func @columns
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[[1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00, 5.000000e+00, 6.000000e+00, 7.000000e+00, 8.000000e+00], [2.000000e+00, 1.000000e+00, 3.000000e+00, 4.000000e+00, 5.000000e+00, 6.000000e+00, 7.000000e+00, 8.000000e+00], [3.000000e+00, 1.000000e+00, 3.000000e+00, 4.000000e+00, 5.000000e+00, 6.000000e+00, 7.000000e+00, 8.000000e+00]]> : tensor<3x8xf32> -> tensor<3x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["slice-before-matmul"], starts = array<i64: 1, 0>, sizes = array<i64: 2, 8>, steps = array<i64: 1, 1>} : tensor<3x8xf32> -> tensor<2x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {rewrites = ["slice-before-matmul"], trans_lhs, trans_rhs} : tensor<8x5xf32>, tensor<2x8xf32> -> tensor<5x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<5x2xf32>
// CHECK-NEXT:    }

// -----

func.func @open(%x: tensor<?x8xf32, #engine.sizes<"S">>, %w: tensor<8x6xf32>) -> tensor<1x6xf32> attributes {sizes = #engine.names<S in 1>} {
  %a = engine.matmul %x, %w : tensor<?x8xf32, #engine.sizes<"S">>, tensor<8x6xf32> -> tensor<?x6xf32, #engine.sizes<"S">>
  %c = engine.slice %a {starts = #engine.extents<["S - 1", 0]>, sizes = array<i64: 1, 6>, steps = array<i64: 1, 1>} : tensor<?x6xf32, #engine.sizes<"S">> -> tensor<1x6xf32>
  func.return %c : tensor<1x6xf32>
}

// CHECK-LABEL: func.func @open
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["slice-before-matmul"], starts = #engine.extents<["S - 1", 0]>, sizes = array<i64: 1, 8>, steps = array<i64: 1, 1>} : tensor<?x8xf32, #engine.sizes<"S">> -> tensor<1x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {rewrites = ["slice-before-matmul"]} : tensor<1x8xf32>, tensor<8x6xf32> -> tensor<1x6xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x6xf32>
// CHECK-NEXT:    }

// -----

// The columns of what is computed would have to be cut out.
func.func @near_miss_columns(%x: tensor<5x8xf32>, %w: tensor<8x6xf32>) -> tensor<5x2xf32> {
  %a = engine.matmul %x, %w : tensor<5x8xf32>, tensor<8x6xf32> -> tensor<5x6xf32>
  %c = engine.slice %a {starts = array<i64: 0, 1>, sizes = array<i64: 5, 2>, steps = array<i64: 1, 1>} : tensor<5x6xf32> -> tensor<5x2xf32>
  func.return %c : tensor<5x2xf32>
}

// CHECK-LABEL: func.func @near_miss_columns
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<5x8xf32>, tensor<8x6xf32> -> tensor<5x6xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 1>, sizes = array<i64: 5, 2>, steps = array<i64: 1, 1>} : tensor<5x6xf32> -> tensor<5x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<5x2xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_batch(%x: tensor<5x8xf32>, %w: tensor<2x8x6xf32>) -> tensor<2x1x6xf32> {
  %a = engine.matmul %x, %w : tensor<5x8xf32>, tensor<2x8x6xf32> -> tensor<2x5x6xf32>
  %c = engine.slice %a {starts = array<i64: 0, 4, 0>, sizes = array<i64: 2, 1, 6>, steps = array<i64: 1, 1, 1>} : tensor<2x5x6xf32> -> tensor<2x1x6xf32>
  func.return %c : tensor<2x1x6xf32>
}

// CHECK-LABEL: func.func @near_miss_batch
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<5x8xf32>, tensor<2x8x6xf32> -> tensor<2x5x6xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 4, 0>, sizes = array<i64: 2, 1, 6>, steps = array<i64: 1, 1, 1>} : tensor<2x5x6xf32> -> tensor<2x1x6xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x1x6xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_read(%x: tensor<5x8xf32>, %w: tensor<8x6xf32>) -> (tensor<1x6xf32>, tensor<5x6xf32>) {
  %a = engine.matmul %x, %w : tensor<5x8xf32>, tensor<8x6xf32> -> tensor<5x6xf32>
  %c = engine.slice %a {starts = array<i64: 4, 0>, sizes = array<i64: 1, 6>, steps = array<i64: 1, 1>} : tensor<5x6xf32> -> tensor<1x6xf32>
  func.return %c, %a : tensor<1x6xf32>, tensor<5x6xf32>
}

// CHECK-LABEL: func.func @near_miss_read
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<5x8xf32>, tensor<8x6xf32> -> tensor<5x6xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 4, 0>, sizes = array<i64: 1, 6>, steps = array<i64: 1, 1>} : tensor<5x6xf32> -> tensor<1x6xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<1x6xf32>, tensor<5x6xf32>
// CHECK-NEXT:    }
