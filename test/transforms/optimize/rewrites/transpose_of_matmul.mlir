// RUN: opt-tool %s --split-input-file -p 'optimize{only=transpose-of-matmul exactness=rounding}' --check-numerics | filecheck %s

func.func @plain(%a: tensor<2x3x5xf32>, %b: tensor<2x5x4xf32>) -> tensor<2x4x3xf32> {
  %c = engine.matmul %a, %b : tensor<2x3x5xf32>, tensor<2x5x4xf32> -> tensor<2x3x4xf32>
  %d = engine.transpose %c {perm = array<i64: 0, 2, 1>} : tensor<2x3x4xf32> -> tensor<2x4x3xf32>
  func.return %d : tensor<2x4x3xf32>
}

// CHECK-LABEL: func.func @plain
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {rewrites = ["transpose-of-matmul"], trans_lhs, trans_rhs} : tensor<2x5x4xf32>, tensor<2x3x5xf32> -> tensor<2x4x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x4x3xf32>
// CHECK-NEXT:    }

// -----

func.func @flags(%a: tensor<5x3xf32>, %b: tensor<4x5xf32>, %e: tensor<4xf32>, %f: tensor<3x1xf32>) -> tensor<4x3xf32> {
  %c = engine.matmul %a, %b epilogue(%e, %f : tensor<4xf32>, tensor<3x1xf32>) {trans_lhs, trans_rhs} : tensor<5x3xf32>, tensor<4x5xf32> -> tensor<3x4xf32> {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %n = arith.addf %p, %q : f32
    %o = arith.mulf %n, %r : f32
    engine.yield %o : f32
  }
  %d = engine.transpose %c {perm = array<i64: 1, 0>} : tensor<3x4xf32> -> tensor<4x3xf32>
  func.return %d : tensor<4x3xf32>
}

// CHECK-LABEL: func.func @flags
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["transpose-of-matmul"]} : tensor<4xf32> -> tensor<4x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["transpose-of-matmul"]} : tensor<3x1xf32> -> tensor<1x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}}, %{{.*}} : tensor<4x1xf32>, tensor<1x3xf32>) {rewrites = ["transpose-of-matmul"]} : tensor<4x5xf32>, tensor<5x3xf32> -> tensor<4x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x3xf32>
// CHECK-NEXT:    }

// -----

func.func @open(%a: tensor<?x5xf32, #engine.sizes<"S">>, %b: tensor<5x4xf32>) -> tensor<4x?xf32, #engine.sizes<"S">> attributes {sizes = #engine.names<S in 1>} {
  %c = engine.matmul %a, %b : tensor<?x5xf32, #engine.sizes<"S">>, tensor<5x4xf32> -> tensor<?x4xf32, #engine.sizes<"S">>
  %d = engine.transpose %c {perm = array<i64: 1, 0>} : tensor<?x4xf32, #engine.sizes<"S">> -> tensor<4x?xf32, #engine.sizes<"S">>
  func.return %d : tensor<4x?xf32, #engine.sizes<"S">>
}

// CHECK-LABEL: func.func @open
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {rewrites = ["transpose-of-matmul"], trans_lhs, trans_rhs} : tensor<5x4xf32>, tensor<?x5xf32, #engine.sizes<"S">> -> tensor<4x?xf32, #engine.sizes<"S">>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x?xf32, #engine.sizes<"S">>
// CHECK-NEXT:    }

// -----

// What is added has another element for each of the result.
func.func @near_miss_residual(%a: tensor<3x5xf32>, %b: tensor<5x4xf32>, %e: tensor<3x4xf32>) -> tensor<4x3xf32> {
  %c = engine.matmul %a, %b epilogue(%e : tensor<3x4xf32>) : tensor<3x5xf32>, tensor<5x4xf32> -> tensor<3x4xf32> {
  ^bb0(%p: f32, %q: f32):
    %n = arith.addf %p, %q : f32
    engine.yield %n : f32
  }
  %d = engine.transpose %c {perm = array<i64: 1, 0>} : tensor<3x4xf32> -> tensor<4x3xf32>
  func.return %d : tensor<4x3xf32>
}

// CHECK-LABEL: func.func @near_miss_residual
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<3x4xf32>) : tensor<3x5xf32>, tensor<5x4xf32> -> tensor<3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0>} : tensor<3x4xf32> -> tensor<4x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x3xf32>
// CHECK-NEXT:    }

// -----

// Batches change places.
func.func @near_miss_batch(%a: tensor<2x3x5xf32>, %b: tensor<2x5x4xf32>) -> tensor<3x2x4xf32> {
  %c = engine.matmul %a, %b : tensor<2x3x5xf32>, tensor<2x5x4xf32> -> tensor<2x3x4xf32>
  %d = engine.transpose %c {perm = array<i64: 1, 0, 2>} : tensor<2x3x4xf32> -> tensor<3x2x4xf32>
  func.return %d : tensor<3x2x4xf32>
}

// CHECK-LABEL: func.func @near_miss_batch
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<2x3x5xf32>, tensor<2x5x4xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0, 2>} : tensor<2x3x4xf32> -> tensor<3x2x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<3x2x4xf32>
// CHECK-NEXT:    }

// -----

// Constant factors are stored for the side they are on.
func.func @near_miss_constant(%a: tensor<3x2xf32>) -> tensor<2x3xf32> {
  %b = engine.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %c = engine.matmul %a, %b : tensor<3x2xf32>, tensor<2x2xf32> -> tensor<3x2xf32>
  %d = engine.transpose %c {perm = array<i64: 1, 0>} : tensor<3x2xf32> -> tensor<2x3xf32>
  func.return %d : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_constant
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[[1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00]]> : tensor<2x2xf32> -> tensor<2x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<3x2xf32>, tensor<2x2xf32> -> tensor<3x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0>} : tensor<3x2xf32> -> tensor<2x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_read(%a: tensor<3x5xf32>, %b: tensor<5x4xf32>) -> (tensor<4x3xf32>, tensor<3x4xf32>) {
  %c = engine.matmul %a, %b : tensor<3x5xf32>, tensor<5x4xf32> -> tensor<3x4xf32>
  %d = engine.transpose %c {perm = array<i64: 1, 0>} : tensor<3x4xf32> -> tensor<4x3xf32>
  func.return %d, %c : tensor<4x3xf32>, tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_read
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<3x5xf32>, tensor<5x4xf32> -> tensor<3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0>} : tensor<3x4xf32> -> tensor<4x3xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<4x3xf32>, tensor<3x4xf32>
// CHECK-NEXT:    }
