// RUN: opt-tool %s --split-input-file -p 'optimize{only=recompose-norm-of-moments exactness=rounding}' --check-numerics | filecheck %s

func.func @moments(%x: tensor<2x3x8xf32>, %g: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %m = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %q = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/q"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.mulf %e_x, %e_x : f32
      engine.yield %z1_1 : f32
  }
  %r = engine.map ins(%q, %m : tensor<2x3x1xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/r"]} -> tensor<2x3x1xf32> {
    ^bb0(%e_q: f32, %e_m: f32):
      %z2_1 = arith.mulf %e_m, %e_m : f32
      %z2_2 = arith.subf %e_q, %z2_1 : f32
      %z2_3 = arith.constant 1.000000e-05 : f32
      %z2_4 = arith.addf %z2_2, %z2_3 : f32
      %z2_5 = math.rsqrt %z2_4 : f32
      engine.yield %z2_5 : f32
  }
  %y = engine.map ins(%x, %m, %r, %g : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<2x3x1xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_m: f32, %e_r: f32, %e_g: f32):
      %z3_1 = arith.subf %e_x, %e_m : f32
      %z3_2 = arith.mulf %z3_1, %e_r : f32
      %z3_3 = arith.mulf %z3_2, %e_g : f32
      engine.yield %z3_3 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @moments
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} {nodes = ["/q", "/m", "/y"], rewrites = ["recompose-norm-of-moments"], kind = "layer", axes = array<i64: 2>, epsilon = 9.9999997473787516e-06 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<8xf32>) attributes {nodes = ["/q", "/m", "/y"], rewrites = ["recompose-norm-of-moments"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

// Rounding may make it negative.
func.func @limited(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %m = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %q = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/q"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.mulf %e_x, %e_x : f32
      engine.yield %z1_1 : f32
  }
  %r = engine.map ins(%q, %m : tensor<2x3x1xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/r"]} -> tensor<2x3x1xf32> {
    ^bb0(%e_q: f32, %e_m: f32):
      %z2_1 = arith.mulf %e_m, %e_m : f32
      %z2_2 = arith.subf %e_q, %z2_1 : f32
      %z2_3 = arith.constant 0.000000e+00 : f32
      %z2_4 = arith.maximumf %z2_2, %z2_3 : f32
      %z2_5 = arith.constant 1.000000e-05 : f32
      %z2_6 = arith.addf %z2_4, %z2_5 : f32
      %z2_7 = math.rsqrt %z2_6 : f32
      engine.yield %z2_7 : f32
  }
  %y = engine.map ins(%x, %m, %r : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_m: f32, %e_r: f32):
      %z3_1 = arith.subf %e_x, %e_m : f32
      %z3_2 = arith.mulf %z3_1, %e_r : f32
      engine.yield %z3_2 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @limited
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} {nodes = ["/q", "/m", "/y"], rewrites = ["recompose-norm-of-moments"], kind = "layer", axes = array<i64: 2>, epsilon = 9.9999997473787516e-06 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/q", "/m", "/y"], rewrites = ["recompose-norm-of-moments"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_no_difference(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %m = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %q = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/q"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.mulf %e_x, %e_x : f32
      engine.yield %z1_1 : f32
  }
  %r = engine.map ins(%q, %m : tensor<2x3x1xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/r"]} -> tensor<2x3x1xf32> {
    ^bb0(%e_q: f32, %e_m: f32):
      %z2_1 = arith.mulf %e_m, %e_m : f32
      %z2_2 = arith.subf %e_q, %z2_1 : f32
      %z2_3 = arith.constant 1.000000e-05 : f32
      %z2_4 = arith.addf %z2_2, %z2_3 : f32
      %z2_5 = math.rsqrt %z2_4 : f32
      engine.yield %z2_5 : f32
  }
  %y = engine.map ins(%x, %r : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_r: f32):
      %z3_1 = arith.mulf %e_x, %e_r : f32
      engine.yield %z3_1 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_no_difference
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/q"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x1xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/r"]} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e-05 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.rsqrt %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_another_square(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %m = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %q = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/q"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.mulf %e_x, %e_x : f32
      engine.yield %z1_1 : f32
  }
  %n = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/n"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %r = engine.map ins(%q, %n : tensor<2x3x1xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/r"]} -> tensor<2x3x1xf32> {
    ^bb0(%e_q: f32, %e_n: f32):
      %z2_1 = arith.mulf %e_n, %e_n : f32
      %z2_2 = arith.subf %e_q, %z2_1 : f32
      %z2_3 = arith.constant 0.000000e+00 : f32
      %z2_4 = arith.maximumf %z2_2, %z2_3 : f32
      %z2_5 = arith.constant 1.000000e-05 : f32
      %z2_6 = arith.addf %z2_4, %z2_5 : f32
      %z2_7 = math.rsqrt %z2_6 : f32
      engine.yield %z2_7 : f32
  }
  %y = engine.map ins(%x, %m, %r : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_m: f32, %e_r: f32):
      %z3_1 = arith.subf %e_x, %e_m : f32
      %z3_2 = arith.mulf %z3_1, %e_r : f32
      engine.yield %z3_2 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_another_square
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/q"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/n"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x1xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/r"]} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e-05 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.rsqrt %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<2x3x8xf32>) -> (tensor<2x3x8xf32>, tensor<2x3x1xf32>) {
  %m = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %q = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/q"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = arith.mulf %e_x, %e_x : f32
      engine.yield %z1_1 : f32
  }
  %r = engine.map ins(%q, %m : tensor<2x3x1xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/r"]} -> tensor<2x3x1xf32> {
    ^bb0(%e_q: f32, %e_m: f32):
      %z2_1 = arith.mulf %e_m, %e_m : f32
      %z2_2 = arith.subf %e_q, %z2_1 : f32
      %z2_3 = arith.constant 1.000000e-05 : f32
      %z2_4 = arith.addf %z2_2, %z2_3 : f32
      %z2_5 = math.rsqrt %z2_4 : f32
      engine.yield %z2_5 : f32
  }
  %y = engine.map ins(%x, %m, %r : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_m: f32, %e_r: f32):
      %z3_1 = arith.subf %e_x, %e_m : f32
      %z3_2 = arith.mulf %z3_1, %e_r : f32
      engine.yield %z3_2 : f32
  }
  func.return %y, %q : tensor<2x3x8xf32>, tensor<2x3x1xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/q"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x1xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/r"]} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e-05 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.rsqrt %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>
// CHECK-NEXT:   }
