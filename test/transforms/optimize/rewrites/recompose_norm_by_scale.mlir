// RUN: opt-tool %s --split-input-file -p 'optimize{only=recompose-norm-by-scale exactness=rounding}' --check-numerics | filecheck %s

// The form of tf.nn.batch_normalization.

func.func @scale_and_offset(%x: tensor<2x3x8xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %m = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %v = engine.reduce ins(%x, %m : tensor<2x3x8xf32>, tensor<2x3x1xf32>) {nodes = ["/v"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32, %e_m: f32):
      %z1_1 = arith.subf %e_x, %e_m : f32
      %z1_2 = arith.mulf %z1_1, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  %s = engine.map ins(%v, %g : tensor<2x3x1xf32>, tensor<8xf32>) attributes {nodes = ["/s"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_v: f32, %e_g: f32):
      %z2_1 = arith.constant 1.000000e-03 : f32
      %z2_2 = arith.addf %e_v, %z2_1 : f32
      %z2_3 = math.rsqrt %z2_2 : f32
      %z2_4 = arith.mulf %z2_3, %e_g : f32
      engine.yield %z2_4 : f32
  }
  %y = engine.map ins(%x, %s, %b, %m : tensor<2x3x8xf32>, tensor<2x3x8xf32>, tensor<8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_s: f32, %e_b: f32, %e_m: f32):
      %z3_1 = arith.mulf %e_x, %e_s : f32
      %z3_2 = arith.mulf %e_m, %e_s : f32
      %z3_3 = arith.subf %e_b, %z3_2 : f32
      %z3_4 = arith.addf %z3_1, %z3_3 : f32
      engine.yield %z3_4 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @scale_and_offset
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} {nodes = ["/v", "/y"], rewrites = ["recompose-norm-by-scale"], kind = "layer", axes = array<i64: 2>, epsilon = 0.0010000000474974513 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/v", "/y"], rewrites = ["recompose-norm-by-scale"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/v", "/y"], rewrites = ["recompose-norm-by-scale"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @without_scale(%x: tensor<2x3x8xf32>, %b: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %m = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %v = engine.reduce ins(%x, %m : tensor<2x3x8xf32>, tensor<2x3x1xf32>) {nodes = ["/v"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32, %e_m: f32):
      %z1_1 = arith.subf %e_x, %e_m : f32
      %z1_2 = arith.mulf %z1_1, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  %s = engine.map ins(%v : tensor<2x3x1xf32>) attributes {nodes = ["/s"]} -> tensor<2x3x1xf32> {
    ^bb0(%e_v: f32):
      %z2_1 = arith.constant 1.000000e-03 : f32
      %z2_2 = arith.addf %e_v, %z2_1 : f32
      %z2_3 = math.rsqrt %z2_2 : f32
      engine.yield %z2_3 : f32
  }
  %y = engine.map ins(%x, %s, %b, %m : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_s: f32, %e_b: f32, %e_m: f32):
      %z3_1 = arith.mulf %e_x, %e_s : f32
      %z3_2 = arith.mulf %e_m, %e_s : f32
      %z3_3 = arith.subf %e_b, %z3_2 : f32
      %z3_4 = arith.addf %z3_1, %z3_3 : f32
      engine.yield %z3_4 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @without_scale
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} {nodes = ["/v", "/y"], rewrites = ["recompose-norm-by-scale"], kind = "layer", axes = array<i64: 2>, epsilon = 0.0010000000474974513 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<8xf32>) attributes {nodes = ["/v", "/y"], rewrites = ["recompose-norm-by-scale"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/v", "/y"], rewrites = ["recompose-norm-by-scale"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_another_scale(%x: tensor<2x3x8xf32>, %b: tensor<8xf32>, %z: tensor<2x3x1xf32>) -> tensor<2x3x8xf32> {
  %m = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %v = engine.reduce ins(%x, %m : tensor<2x3x8xf32>, tensor<2x3x1xf32>) {nodes = ["/v"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32, %e_m: f32):
      %z1_1 = arith.subf %e_x, %e_m : f32
      %z1_2 = arith.mulf %z1_1, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  %s = engine.map ins(%v : tensor<2x3x1xf32>) attributes {nodes = ["/s"]} -> tensor<2x3x1xf32> {
    ^bb0(%e_v: f32):
      %z2_1 = arith.constant 1.000000e-03 : f32
      %z2_2 = arith.addf %e_v, %z2_1 : f32
      %z2_3 = math.rsqrt %z2_2 : f32
      engine.yield %z2_3 : f32
  }
  %y = engine.map ins(%x, %s, %b, %m, %z : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<8xf32>, tensor<2x3x1xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_s: f32, %e_b: f32, %e_m: f32, %e_z: f32):
      %z3_1 = arith.mulf %e_x, %e_s : f32
      %z3_2 = arith.mulf %e_m, %e_z : f32
      %z3_3 = arith.subf %e_b, %z3_2 : f32
      %z3_4 = arith.addf %z3_1, %z3_3 : f32
      engine.yield %z3_4 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_another_scale
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) {nodes = ["/v"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x1xf32>) attributes {nodes = ["/s"]} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e-03 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.rsqrt %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<8xf32>, tensor<2x3x1xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_another_mean(%x: tensor<2x3x8xf32>, %b: tensor<8xf32>, %z: tensor<2x3x1xf32>) -> tensor<2x3x8xf32> {
  %m = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %v = engine.reduce ins(%x, %m : tensor<2x3x8xf32>, tensor<2x3x1xf32>) {nodes = ["/v"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32, %e_m: f32):
      %z1_1 = arith.subf %e_x, %e_m : f32
      %z1_2 = arith.mulf %z1_1, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  %s = engine.map ins(%v : tensor<2x3x1xf32>) attributes {nodes = ["/s"]} -> tensor<2x3x1xf32> {
    ^bb0(%e_v: f32):
      %z2_1 = arith.constant 1.000000e-03 : f32
      %z2_2 = arith.addf %e_v, %z2_1 : f32
      %z2_3 = math.rsqrt %z2_2 : f32
      engine.yield %z2_3 : f32
  }
  %y = engine.map ins(%x, %s, %b, %z : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_s: f32, %e_b: f32, %e_z: f32):
      %z3_1 = arith.mulf %e_x, %e_s : f32
      %z3_2 = arith.mulf %e_z, %e_s : f32
      %z3_3 = arith.subf %e_b, %z3_2 : f32
      %z3_4 = arith.addf %z3_1, %z3_3 : f32
      engine.yield %z3_4 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_another_mean
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) {nodes = ["/v"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x1xf32>) attributes {nodes = ["/s"]} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e-03 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.rsqrt %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<2x3x8xf32>, %b: tensor<8xf32>) -> (tensor<2x3x8xf32>, tensor<2x3x1xf32>) {
  %m = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %v = engine.reduce ins(%x, %m : tensor<2x3x8xf32>, tensor<2x3x1xf32>) {nodes = ["/v"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32, %e_m: f32):
      %z1_1 = arith.subf %e_x, %e_m : f32
      %z1_2 = arith.mulf %z1_1, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  %s = engine.map ins(%v : tensor<2x3x1xf32>) attributes {nodes = ["/s"]} -> tensor<2x3x1xf32> {
    ^bb0(%e_v: f32):
      %z2_1 = arith.constant 1.000000e-03 : f32
      %z2_2 = arith.addf %e_v, %z2_1 : f32
      %z2_3 = math.rsqrt %z2_2 : f32
      engine.yield %z2_3 : f32
  }
  %y = engine.map ins(%x, %s, %b, %m : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_s: f32, %e_b: f32, %e_m: f32):
      %z3_1 = arith.mulf %e_x, %e_s : f32
      %z3_2 = arith.mulf %e_m, %e_s : f32
      %z3_3 = arith.subf %e_b, %z3_2 : f32
      %z3_4 = arith.addf %z3_1, %z3_3 : f32
      engine.yield %z3_4 : f32
  }
  func.return %y, %v : tensor<2x3x8xf32>, tensor<2x3x1xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) {nodes = ["/v"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x1xf32>) attributes {nodes = ["/s"]} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e-03 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.rsqrt %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>
// CHECK-NEXT:   }
