// RUN: opt-tool %s --split-input-file -p 'optimize{only=recompose-attention exactness=rounding}' --check-numerics | filecheck %s

// Scores, softmax and the product with the values become one attention.
// 
//     matmul(guard(softmax(matmul(q, k^T) * scale + mask)), v) => attention(q, k, v) if the
//     probabilities are used nowhere else; guard replaces NaN by 0 and may be missing.
func.func @scaled_and_masked(%q: tensor<2x4x8xf32>, %k: tensor<2x5x8xf32>, %v: tensor<2x5x8xf32>, %m: tensor<4x5xf32>) -> tensor<2x4x8xf32> {
  %s = engine.matmul %q, %k epilogue(%m : tensor<4x5xf32>) {trans_rhs, nodes = ["/qk"]} : tensor<2x4x8xf32>, tensor<2x5x8xf32> -> tensor<2x4x5xf32> {
  ^bb0(%acc: f32, %mm: f32):
    %c = arith.constant 0.25 : f32
    %0 = arith.mulf %acc, %c : f32
    %1 = arith.addf %0, %mm : f32
    engine.yield %1 : f32
  }
  %p = engine.softmax %s {axis = 2 : i64, nodes = ["/softmax"]} : tensor<2x4x5xf32> -> tensor<2x4x5xf32>
  %o = engine.matmul %p, %v {nodes = ["/pv"]} : tensor<2x4x5xf32>, tensor<2x5x8xf32> -> tensor<2x4x8xf32>
  func.return %o : tensor<2x4x8xf32>
}

// CHECK-LABEL: func.func @scaled_and_masked
// CHECK-NEXT:     %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} mask(%{{.*}} : tensor<4x5xf32>) {nodes = ["/softmax", "/qk", "/pv"], rewrites = ["recompose-attention"], scale = 2.500000e-01 : f64} : tensor<2x4x8xf32>, tensor<2x5x8xf32>, tensor<2x5x8xf32> -> tensor<2x4x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x4x8xf32>
// CHECK-NEXT:   }

// -----

// The keys arrive transposed; a guard replaces the NaN of rows that are masked out.
func.func @guarded(%q: tensor<2x4x8xf32>, %k: tensor<2x8x5xf32>, %v: tensor<2x5x8xf32>) -> tensor<2x4x8xf32> {
  %s = engine.matmul %q, %k : tensor<2x4x8xf32>, tensor<2x8x5xf32> -> tensor<2x4x5xf32>
  %p = engine.softmax %s {axis = 2 : i64, nodes = ["/softmax"]} : tensor<2x4x5xf32> -> tensor<2x4x5xf32>
  %g = engine.map ins(%p : tensor<2x4x5xf32>) attributes {nodes = ["/where"]} -> tensor<2x4x5xf32> {
  ^bb0(%a: f32):
    %n = arith.cmpf uno, %a, %a : f32
    %z = arith.constant 0.0 : f32
    %0 = arith.select %n, %z, %a : f32
    engine.yield %0 : f32
  }
  %o = engine.matmul %g, %v : tensor<2x4x5xf32>, tensor<2x5x8xf32> -> tensor<2x4x8xf32>
  func.return %o : tensor<2x4x8xf32>
}

// CHECK-LABEL: func.func @guarded
// CHECK-NEXT:     %{{.*}} = engine.transpose %{{.*}} {nodes = ["/where", "/softmax"], rewrites = ["recompose-attention"], perm = array<i64: 0, 2, 1>} : tensor<2x8x5xf32> -> tensor<2x5x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} {nodes = ["/where", "/softmax"], rewrites = ["recompose-attention"], scale = 1.000000e+00 : f64, clears_nan} : tensor<2x4x8xf32>, tensor<2x5x8xf32>, tensor<2x5x8xf32> -> tensor<2x4x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x4x8xf32>
// CHECK-NEXT:   }

// -----

// The probabilities are a result of the graph.
func.func @near_miss_output(%q: tensor<2x4x8xf32>, %k: tensor<2x5x8xf32>, %v: tensor<2x5x8xf32>, %m: tensor<4x5xf32>) -> (tensor<2x4x8xf32>, tensor<2x4x5xf32>) {
  %s = engine.matmul %q, %k epilogue(%m : tensor<4x5xf32>) {trans_rhs, nodes = ["/qk"]} : tensor<2x4x8xf32>, tensor<2x5x8xf32> -> tensor<2x4x5xf32> {
  ^bb0(%acc: f32, %mm: f32):
    %c = arith.constant 0.25 : f32
    %0 = arith.mulf %acc, %c : f32
    %1 = arith.addf %0, %mm : f32
    engine.yield %1 : f32
  }
  %p = engine.softmax %s {axis = 2 : i64, nodes = ["/softmax"]} : tensor<2x4x5xf32> -> tensor<2x4x5xf32>
  %o = engine.matmul %p, %v {nodes = ["/pv"]} : tensor<2x4x5xf32>, tensor<2x5x8xf32> -> tensor<2x4x8xf32>
  func.return %o, %p : tensor<2x4x8xf32>, tensor<2x4x5xf32>
}

// CHECK-LABEL: func.func @near_miss_output
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<4x5xf32>) {nodes = ["/qk"], trans_rhs} : tensor<2x4x8xf32>, tensor<2x5x8xf32> -> tensor<2x4x5xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.500000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/softmax"], axis = 2 : i64} : tensor<2x4x5xf32> -> tensor<2x4x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/pv"]} : tensor<2x4x5xf32>, tensor<2x5x8xf32> -> tensor<2x4x8xf32>
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<2x4x8xf32>, tensor<2x4x5xf32>
// CHECK-NEXT:   }

// -----

// A softmax over the queries.
func.func @near_miss_axis(%q: tensor<2x4x8xf32>, %k: tensor<2x5x8xf32>, %v: tensor<2x5x8xf32>, %m: tensor<4x5xf32>) -> tensor<2x4x8xf32> {
  %s = engine.matmul %q, %k epilogue(%m : tensor<4x5xf32>) {trans_rhs, nodes = ["/qk"]} : tensor<2x4x8xf32>, tensor<2x5x8xf32> -> tensor<2x4x5xf32> {
  ^bb0(%acc: f32, %mm: f32):
    %c = arith.constant 0.25 : f32
    %0 = arith.mulf %acc, %c : f32
    %1 = arith.addf %0, %mm : f32
    engine.yield %1 : f32
  }
  %p = engine.softmax %s {axis = 1 : i64, nodes = ["/softmax"]} : tensor<2x4x5xf32> -> tensor<2x4x5xf32>
  %o = engine.matmul %p, %v {nodes = ["/pv"]} : tensor<2x4x5xf32>, tensor<2x5x8xf32> -> tensor<2x4x8xf32>
  func.return %o : tensor<2x4x8xf32>
}

// CHECK-LABEL: func.func @near_miss_axis
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<4x5xf32>) {nodes = ["/qk"], trans_rhs} : tensor<2x4x8xf32>, tensor<2x5x8xf32> -> tensor<2x4x5xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.500000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/softmax"], axis = 1 : i64} : tensor<2x4x5xf32> -> tensor<2x4x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/pv"]} : tensor<2x4x5xf32>, tensor<2x5x8xf32> -> tensor<2x4x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x4x8xf32>
// CHECK-NEXT:   }

// -----

// A mask that is multiplied.
func.func @near_miss_product(%q: tensor<2x4x8xf32>, %k: tensor<2x5x8xf32>, %v: tensor<2x5x8xf32>, %m: tensor<4x5xf32>) -> tensor<2x4x8xf32> {
  %s = engine.matmul %q, %k epilogue(%m : tensor<4x5xf32>) {trans_rhs, nodes = ["/qk"]} : tensor<2x4x8xf32>, tensor<2x5x8xf32> -> tensor<2x4x5xf32> {
  ^bb0(%acc: f32, %mm: f32):
    %c = arith.constant 0.25 : f32
    %0 = arith.mulf %acc, %c : f32
    %1 = arith.mulf %0, %mm : f32
    engine.yield %1 : f32
  }
  %p = engine.softmax %s {axis = 2 : i64, nodes = ["/softmax"]} : tensor<2x4x5xf32> -> tensor<2x4x5xf32>
  %o = engine.matmul %p, %v {nodes = ["/pv"]} : tensor<2x4x5xf32>, tensor<2x5x8xf32> -> tensor<2x4x8xf32>
  func.return %o : tensor<2x4x8xf32>
}

// CHECK-LABEL: func.func @near_miss_product
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<4x5xf32>) {nodes = ["/qk"], trans_rhs} : tensor<2x4x8xf32>, tensor<2x5x8xf32> -> tensor<2x4x5xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.500000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/softmax"], axis = 2 : i64} : tensor<2x4x5xf32> -> tensor<2x4x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/pv"]} : tensor<2x4x5xf32>, tensor<2x5x8xf32> -> tensor<2x4x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x4x8xf32>
// CHECK-NEXT:   }

// -----

// Capped scores are not a scale.
func.func @near_miss_tanh(%q: tensor<2x4x8xf32>, %k: tensor<2x5x8xf32>, %v: tensor<2x5x8xf32>, %m: tensor<4x5xf32>) -> tensor<2x4x8xf32> {
  %s = engine.matmul %q, %k epilogue(%m : tensor<4x5xf32>) {trans_rhs, nodes = ["/qk"]} : tensor<2x4x8xf32>, tensor<2x5x8xf32> -> tensor<2x4x5xf32> {
  ^bb0(%acc: f32, %mm: f32):
    %c = arith.constant 0.25 : f32
    %0 = arith.mulf %acc, %c : f32
    %t = math.tanh %0 : f32
    %1 = arith.addf %t, %mm : f32
    engine.yield %1 : f32
  }
  %p = engine.softmax %s {axis = 2 : i64, nodes = ["/softmax"]} : tensor<2x4x5xf32> -> tensor<2x4x5xf32>
  %o = engine.matmul %p, %v {nodes = ["/pv"]} : tensor<2x4x5xf32>, tensor<2x5x8xf32> -> tensor<2x4x8xf32>
  func.return %o : tensor<2x4x8xf32>
}

// CHECK-LABEL: func.func @near_miss_tanh
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<4x5xf32>) {nodes = ["/qk"], trans_rhs} : tensor<2x4x8xf32>, tensor<2x5x8xf32> -> tensor<2x4x5xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.500000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.tanh %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/softmax"], axis = 2 : i64} : tensor<2x4x5xf32> -> tensor<2x4x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/pv"]} : tensor<2x4x5xf32>, tensor<2x5x8xf32> -> tensor<2x4x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x4x8xf32>
// CHECK-NEXT:   }

// -----

// The logarithm of a softmax.
func.func @near_miss_log(%q: tensor<2x4x8xf32>, %k: tensor<2x5x8xf32>, %v: tensor<2x5x8xf32>, %m: tensor<4x5xf32>) -> tensor<2x4x8xf32> {
  %s = engine.matmul %q, %k epilogue(%m : tensor<4x5xf32>) {trans_rhs, nodes = ["/qk"]} : tensor<2x4x8xf32>, tensor<2x5x8xf32> -> tensor<2x4x5xf32> {
  ^bb0(%acc: f32, %mm: f32):
    %c = arith.constant 0.25 : f32
    %0 = arith.mulf %acc, %c : f32
    %1 = arith.addf %0, %mm : f32
    engine.yield %1 : f32
  }
  %p = engine.softmax %s {axis = 2 : i64, log, nodes = ["/softmax"]} : tensor<2x4x5xf32> -> tensor<2x4x5xf32>
  %o = engine.matmul %p, %v {nodes = ["/pv"]} : tensor<2x4x5xf32>, tensor<2x5x8xf32> -> tensor<2x4x8xf32>
  func.return %o : tensor<2x4x8xf32>
}

// CHECK-LABEL: func.func @near_miss_log
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<4x5xf32>) {nodes = ["/qk"], trans_rhs} : tensor<2x4x8xf32>, tensor<2x5x8xf32> -> tensor<2x4x5xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.500000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/softmax"], axis = 2 : i64, log} : tensor<2x4x5xf32> -> tensor<2x4x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/pv"]} : tensor<2x4x5xf32>, tensor<2x5x8xf32> -> tensor<2x4x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x4x8xf32>
// CHECK-NEXT:   }

// -----

// A position bias and a mask: added up once, the smaller one first.
func.func @two_masks(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>, %m: tensor<1x1x3x3xf32>, %b: tensor<2x3x3xf32>) -> tensor<1x2x3x4xf32> {
  %s = engine.matmul %q, %k epilogue(%m, %b : tensor<1x1x3x3xf32>, tensor<2x3x3xf32>) {nodes = ["/scores"], trans_rhs} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x3xf32> {
  ^bb0(%acc: f32, %m_: f32, %b_: f32):
    %0 = arith.addf %acc, %b_ : f32
    %r = arith.addf %0, %m_ : f32
    engine.yield %r : f32
  }
  %p = engine.softmax %s {nodes = ["/softmax"], axis = 3 : i64} : tensor<1x2x3x3xf32> -> tensor<1x2x3x3xf32>
  %y = engine.matmul %p, %v {nodes = ["/values"]} : tensor<1x2x3x3xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @two_masks
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<1x1x3x3xf32>, tensor<2x3x3xf32>) attributes {nodes = ["/softmax", "/scores", "/values"], rewrites = ["recompose-attention"]} -> tensor<1x2x3x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} mask(%{{.*}} : tensor<1x2x3x3xf32>) {nodes = ["/softmax", "/scores", "/values"], rewrites = ["recompose-attention"], scale = 1.000000e+00 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:   }

// -----

// A choice between the score and what hides it is a mask.
func.func @boolean_mask(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>, %c: tensor<1x1x1x3xi1>) -> tensor<1x2x3x4xf32> {
  %s = engine.matmul %q, %k epilogue(%c : tensor<1x1x1x3xi1>) {nodes = ["/scores"], trans_rhs} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x3xf32> {
  ^bb0(%acc: f32, %c_: i1):
    %f = arith.constant 0.5 : f32
    %0 = arith.mulf %acc, %f : f32
    %h = arith.constant -3.40282347e+38 : f32
    %r = arith.select %c_, %0, %h : f32
    engine.yield %r : f32
  }
  %p = engine.softmax %s {nodes = ["/softmax"], axis = 3 : i64} : tensor<1x2x3x3xf32> -> tensor<1x2x3x3xf32>
  %y = engine.matmul %p, %v {nodes = ["/values"]} : tensor<1x2x3x3xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @boolean_mask
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<1x1x1x3xi1>) attributes {nodes = ["/softmax", "/scores", "/values"], rewrites = ["recompose-attention"]} -> tensor<1x1x1x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i1):
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.constant -3.40282347e+38 : f32
// CHECK-NEXT:       %{{.*}} = arith.select %{{.*}}, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} mask(%{{.*}} : tensor<1x1x1x3xf32>) {nodes = ["/softmax", "/scores", "/values"], rewrites = ["recompose-attention"], scale = 5.000000e-01 : f64, choosing} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:   }

// -----

// A row that is hidden throughout is even either way.
func.func @usual_choice(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>, %c: tensor<1x1x1x3xi1>) -> tensor<1x2x3x4xf32> {
  %s = engine.matmul %q, %k epilogue(%c : tensor<1x1x1x3xi1>) {nodes = ["/scores"], trans_rhs} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x3xf32> {
  ^bb0(%acc: f32, %c_: i1):
    %h = arith.constant -1.0e4 : f32
    %r = arith.select %c_, %acc, %h : f32
    engine.yield %r : f32
  }
  %p = engine.softmax %s {nodes = ["/softmax"], axis = 3 : i64} : tensor<1x2x3x3xf32> -> tensor<1x2x3x3xf32>
  %y = engine.matmul %p, %v {nodes = ["/values"]} : tensor<1x2x3x3xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @usual_choice
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<1x1x1x3xi1>) attributes {nodes = ["/softmax", "/scores", "/values"], rewrites = ["recompose-attention"]} -> tensor<1x1x1x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i1):
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.constant -1.000000e+30 : f32
// CHECK-NEXT:       %{{.*}} = arith.select %{{.*}}, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} mask(%{{.*}} : tensor<1x1x1x3xf32>) {nodes = ["/softmax", "/scores", "/values"], rewrites = ["recompose-attention"], scale = 1.000000e+00 : f64, choosing} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:   }

// -----

// Beside a visible score of -50 a hidden one of -100 may count.
func.func @near_miss_soft_choice(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>, %c: tensor<1x1x1x3xi1>) -> tensor<1x2x3x4xf32> {
  %s = engine.matmul %q, %k epilogue(%c : tensor<1x1x1x3xi1>) {nodes = ["/scores"], trans_rhs} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x3xf32> {
  ^bb0(%acc: f32, %c_: i1):
    %h = arith.constant -1.0e2 : f32
    %r = arith.select %c_, %acc, %h : f32
    engine.yield %r : f32
  }
  %p = engine.softmax %s {nodes = ["/softmax"], axis = 3 : i64} : tensor<1x2x3x3xf32> -> tensor<1x2x3x3xf32>
  %y = engine.matmul %p, %v {nodes = ["/values"]} : tensor<1x2x3x3xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_soft_choice
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<1x1x1x3xi1>) {nodes = ["/scores"], trans_rhs} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: i1):
// CHECK-NEXT:       %{{.*}} = arith.constant -1.000000e+02 : f32
// CHECK-NEXT:       %{{.*}} = arith.select %{{.*}}, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/softmax"], axis = 3 : i64} : tensor<1x2x3x3xf32> -> tensor<1x2x3x3xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/values"]} : tensor<1x2x3x3xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:   }

// -----

// The mask is scaled, too.
func.func @near_miss_scaled_mask(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>, %m: tensor<1x1x3x3xf32>) -> tensor<1x2x3x4xf32> {
  %s = engine.matmul %q, %k epilogue(%m : tensor<1x1x3x3xf32>) {nodes = ["/scores"], trans_rhs} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x3xf32> {
  ^bb0(%acc: f32, %m_: f32):
    %f = arith.constant 0.5 : f32
    %0 = arith.addf %acc, %m_ : f32
    %r = arith.mulf %0, %f : f32
    engine.yield %r : f32
  }
  %p = engine.softmax %s {nodes = ["/softmax"], axis = 3 : i64} : tensor<1x2x3x3xf32> -> tensor<1x2x3x3xf32>
  %y = engine.matmul %p, %v {nodes = ["/values"]} : tensor<1x2x3x3xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_scaled_mask
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<1x1x3x3xf32>) {nodes = ["/scores"], trans_rhs} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x3xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 5.000000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/softmax"], axis = 3 : i64} : tensor<1x2x3x3xf32> -> tensor<1x2x3x3xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/values"]} : tensor<1x2x3x3xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:   }

// -----

// The scale is taken into the keys, where 10^20 may be too much though the scores are small.
func.func @near_miss_huge_scale(%q: tensor<2x4x8xf32>, %k: tensor<2x5x8xf32>, %v: tensor<2x5x8xf32>) -> tensor<2x4x8xf32> {
  %s = engine.matmul %q, %k {trans_rhs} : tensor<2x4x8xf32>, tensor<2x5x8xf32> -> tensor<2x4x5xf32> {
  ^bb0(%acc: f32):
    %c = arith.constant 1.0e+10 : f32
    %0 = arith.mulf %acc, %c : f32
    %1 = arith.mulf %0, %c : f32
    engine.yield %1 : f32
  }
  %p = engine.softmax %s {axis = 2 : i64} : tensor<2x4x5xf32> -> tensor<2x4x5xf32>
  %o = engine.matmul %p, %v : tensor<2x4x5xf32>, tensor<2x5x8xf32> -> tensor<2x4x8xf32>
  func.return %o : tensor<2x4x8xf32>
}

// CHECK-LABEL: func.func @near_miss_huge_scale
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {trans_rhs} : tensor<2x4x8xf32>, tensor<2x5x8xf32> -> tensor<2x4x5xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e+10 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {axis = 2 : i64} : tensor<2x4x5xf32> -> tensor<2x4x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<2x4x5xf32>, tensor<2x5x8xf32> -> tensor<2x4x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x4x8xf32>
// CHECK-NEXT:   }

// -----

// The kernel is made for the size of a head.
func.func @near_miss_size_of_a_head_by_name(%q: tensor<2x4x?xf32, #engine.sizes<"D">>, %k: tensor<2x5x?xf32, #engine.sizes<"D">>, %v: tensor<2x5x8xf32>) -> tensor<2x4x8xf32> attributes {sizes = #engine.names<D in 1 hint 8>} {
  %s = engine.matmul %q, %k {trans_rhs} : tensor<2x4x?xf32, #engine.sizes<"D">>, tensor<2x5x?xf32, #engine.sizes<"D">> -> tensor<2x4x5xf32>
  %p = engine.softmax %s {axis = 2 : i64} : tensor<2x4x5xf32> -> tensor<2x4x5xf32>
  %o = engine.matmul %p, %v : tensor<2x4x5xf32>, tensor<2x5x8xf32> -> tensor<2x4x8xf32>
  func.return %o : tensor<2x4x8xf32>
}

// CHECK-LABEL: func.func @near_miss_size_of_a_head_by_name
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {trans_rhs} : tensor<2x4x?xf32, #engine.sizes<"D">>, tensor<2x5x?xf32, #engine.sizes<"D">> -> tensor<2x4x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {axis = 2 : i64} : tensor<2x4x5xf32> -> tensor<2x4x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<2x4x5xf32>, tensor<2x5x8xf32> -> tensor<2x4x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x4x8xf32>
// CHECK-NEXT:   }
