// RUN: opt-tool %s --split-input-file -p 'optimize{only=recompose-norm-of-differences exactness=rounding}' --check-numerics | filecheck %s

// The difference is computed twice.
func.func @twice(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %m = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %v = engine.reduce ins(%x, %m : tensor<2x3x8xf32>, tensor<2x3x1xf32>) {nodes = ["/v"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_x: f32, %e_m: f32):
      %z1_1 = arith.subf %e_x, %e_m : f32
      %z1_2 = arith.mulf %z1_1, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  %r = engine.map ins(%v : tensor<2x3x1xf32>) attributes {nodes = ["/r"]} -> tensor<2x3x1xf32> {
    ^bb0(%e_v: f32):
      %z2_1 = arith.constant 1.000000e+00 : f32
      %z2_2 = arith.constant 1.000000e-05 : f32
      %z2_3 = arith.addf %e_v, %z2_2 : f32
      %z2_4 = math.sqrt %z2_3 : f32
      %z2_5 = arith.divf %z2_1, %z2_4 : f32
      engine.yield %z2_5 : f32
  }
  %y = engine.map ins(%x, %m, %r : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_m: f32, %e_r: f32):
      %z3_1 = arith.subf %e_x, %e_m : f32
      %z3_2 = arith.mulf %z3_1, %e_r : f32
      engine.yield %z3_2 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @twice
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} {nodes = ["/v", "/m", "/y"], rewrites = ["recompose-norm-of-differences"], kind = "layer", axes = array<i64: 2>, epsilon = 9.9999997473787516e-06 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/v", "/m", "/y"], rewrites = ["recompose-norm-of-differences"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @gamma_in_the_root(%x: tensor<2x3x8xf32>, %g: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %m = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %d = engine.map ins(%x, %m : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_m: f32):
      %z1_1 = arith.subf %e_x, %e_m : f32
      engine.yield %z1_1 : f32
  }
  %v = engine.reduce ins(%d : tensor<2x3x8xf32>) {nodes = ["/v"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_d: f32):
      %z2_1 = arith.mulf %e_d, %e_d : f32
      engine.yield %z2_1 : f32
  }
  %s = engine.map ins(%v, %g : tensor<2x3x1xf32>, tensor<8xf32>) attributes {nodes = ["/s"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_v: f32, %e_g: f32):
      %z3_1 = arith.constant 1.000000e-05 : f32
      %z3_2 = arith.addf %e_v, %z3_1 : f32
      %z3_3 = math.rsqrt %z3_2 : f32
      %z3_4 = arith.mulf %z3_3, %e_g : f32
      engine.yield %z3_4 : f32
  }
  %y = engine.map ins(%d, %s : tensor<2x3x8xf32>, tensor<2x3x8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_d: f32, %e_s: f32):
      %z4_1 = arith.mulf %e_d, %e_s : f32
      engine.yield %z4_1 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @gamma_in_the_root
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} {nodes = ["/v", "/m", "/y"], rewrites = ["recompose-norm-of-differences"], kind = "layer", axes = array<i64: 2>, epsilon = 9.9999997473787516e-06 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<8xf32>) attributes {nodes = ["/v", "/m", "/y"], rewrites = ["recompose-norm-of-differences"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/v", "/m", "/y"], rewrites = ["recompose-norm-of-differences"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @power(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %m = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %d = engine.map ins(%x, %m : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_m: f32):
      %z1_1 = arith.subf %e_x, %e_m : f32
      engine.yield %z1_1 : f32
  }
  %v = engine.reduce ins(%d : tensor<2x3x8xf32>) {nodes = ["/v"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_d: f32):
      %z2_1 = arith.mulf %e_d, %e_d : f32
      engine.yield %z2_1 : f32
  }
  %y = engine.map ins(%d, %v : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_d: f32, %e_v: f32):
      %z3_1 = arith.constant 1.000000e-05 : f32
      %z3_2 = arith.addf %e_v, %z3_1 : f32
      %z3_3 = arith.constant -5.000000e-01 : f32
      %z3_4 = math.powf %z3_2, %z3_3 : f32
      %z3_5 = arith.mulf %e_d, %z3_4 : f32
      engine.yield %z3_5 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @power
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} {nodes = ["/v", "/m", "/y"], rewrites = ["recompose-norm-of-differences"], kind = "layer", axes = array<i64: 2>, epsilon = 9.9999997473787516e-06 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/v", "/m", "/y"], rewrites = ["recompose-norm-of-differences"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @divided_by_power(%x: tensor<2x3x8xf32>, %b: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %m = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %d = engine.map ins(%x, %m : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_m: f32):
      %z1_1 = arith.subf %e_x, %e_m : f32
      engine.yield %z1_1 : f32
  }
  %v = engine.reduce ins(%d : tensor<2x3x8xf32>) {nodes = ["/v"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_d: f32):
      %z2_1 = arith.mulf %e_d, %e_d : f32
      engine.yield %z2_1 : f32
  }
  %y = engine.map ins(%d, %v, %b : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_d: f32, %e_v: f32, %e_b: f32):
      %z3_1 = arith.constant 1.000000e-05 : f32
      %z3_2 = arith.addf %e_v, %z3_1 : f32
      %z3_3 = arith.constant 5.000000e-01 : f32
      %z3_4 = math.powf %z3_2, %z3_3 : f32
      %z3_5 = arith.divf %e_d, %z3_4 : f32
      %z3_6 = arith.addf %z3_5, %e_b : f32
      engine.yield %z3_6 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @divided_by_power
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} {nodes = ["/v", "/m", "/y"], rewrites = ["recompose-norm-of-differences"], kind = "layer", axes = array<i64: 2>, epsilon = 9.9999997473787516e-06 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<8xf32>) attributes {nodes = ["/v", "/m", "/y"], rewrites = ["recompose-norm-of-differences"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_another_tensor(%x: tensor<2x3x8xf32>, %z: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %m = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %d = engine.map ins(%x, %m : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_m: f32):
      %z1_1 = arith.subf %e_x, %e_m : f32
      engine.yield %z1_1 : f32
  }
  %v = engine.reduce ins(%d : tensor<2x3x8xf32>) {nodes = ["/v"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_d: f32):
      %z2_1 = arith.mulf %e_d, %e_d : f32
      engine.yield %z2_1 : f32
  }
  %y = engine.map ins(%z, %v : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_z: f32, %e_v: f32):
      %z3_1 = arith.constant 1.000000e-05 : f32
      %z3_2 = arith.addf %e_v, %z3_1 : f32
      %z3_3 = math.rsqrt %z3_2 : f32
      %z3_4 = arith.mulf %e_z, %z3_3 : f32
      engine.yield %z3_4 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_another_tensor
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/v"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e-05 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.rsqrt %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_another_axis(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %m = engine.reduce ins(%x : tensor<4x4xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 1>, keepdims} -> tensor<4x1xf32>
  %d = engine.map ins(%x, %m : tensor<4x4xf32>, tensor<4x1xf32>) attributes {nodes = ["/d"]} -> tensor<4x4xf32> {
    ^bb0(%e_x: f32, %e_m: f32):
      %z1_1 = arith.subf %e_x, %e_m : f32
      engine.yield %z1_1 : f32
  }
  %v = engine.reduce ins(%d : tensor<4x4xf32>) {nodes = ["/v"], kind = "mean", axes = array<i64: 0>, keepdims} -> tensor<1x4xf32> {
    ^bb0(%e_d: f32):
      %z2_1 = arith.mulf %e_d, %e_d : f32
      engine.yield %z2_1 : f32
  }
  %y = engine.map ins(%d, %v : tensor<4x4xf32>, tensor<1x4xf32>) attributes {nodes = ["/y"]} -> tensor<4x4xf32> {
    ^bb0(%e_d: f32, %e_v: f32):
      %z3_1 = arith.constant 1.000000e-05 : f32
      %z3_2 = arith.addf %e_v, %z3_1 : f32
      %z3_3 = math.rsqrt %z3_2 : f32
      %z3_4 = arith.mulf %e_d, %z3_3 : f32
      engine.yield %z3_4 : f32
  }
  func.return %y : tensor<4x4xf32>
}

// CHECK-LABEL: func.func @near_miss_another_axis
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<4x4xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 1>, keepdims} -> tensor<4x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<4x4xf32>, tensor<4x1xf32>) attributes {nodes = ["/d"]} -> tensor<4x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<4x4xf32>) {nodes = ["/v"], kind = "mean", axes = array<i64: 0>, keepdims} -> tensor<1x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<4x4xf32>, tensor<1x4xf32>) attributes {nodes = ["/y"]} -> tensor<4x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e-05 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.rsqrt %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<4x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<2x3x8xf32>) -> (tensor<2x3x8xf32>, tensor<2x3x1xf32>) {
  %m = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %d = engine.map ins(%x, %m : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_m: f32):
      %z1_1 = arith.subf %e_x, %e_m : f32
      engine.yield %z1_1 : f32
  }
  %v = engine.reduce ins(%d : tensor<2x3x8xf32>) {nodes = ["/v"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_d: f32):
      %z2_1 = arith.mulf %e_d, %e_d : f32
      engine.yield %z2_1 : f32
  }
  %y = engine.map ins(%d, %v : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_d: f32, %e_v: f32):
      %z3_1 = arith.constant 1.000000e-05 : f32
      %z3_2 = arith.addf %e_v, %z3_1 : f32
      %z3_3 = math.rsqrt %z3_2 : f32
      %z3_4 = arith.mulf %e_d, %z3_3 : f32
      engine.yield %z3_4 : f32
  }
  func.return %y, %v : tensor<2x3x8xf32>, tensor<2x3x1xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/v"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e-05 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.rsqrt %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_maximum(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %m = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %d = engine.map ins(%x, %m : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_m: f32):
      %z1_1 = arith.subf %e_x, %e_m : f32
      engine.yield %z1_1 : f32
  }
  %v = engine.reduce ins(%d : tensor<2x3x8xf32>) {nodes = ["/v"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_d: f32):
      %z2_1 = arith.mulf %e_d, %e_d : f32
      engine.yield %z2_1 : f32
  }
  %y = engine.map ins(%d, %v : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_d: f32, %e_v: f32):
      %z3_1 = arith.constant 1.000000e-05 : f32
      %z3_2 = arith.addf %e_v, %z3_1 : f32
      %z3_3 = math.rsqrt %z3_2 : f32
      %z3_4 = arith.mulf %e_d, %z3_3 : f32
      engine.yield %z3_4 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_maximum
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/v"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e-05 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.rsqrt %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_rounded(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %m = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %d = engine.map ins(%x, %m : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_x: f32, %e_m: f32):
      %z1_1 = arith.subf %e_x, %e_m : f32
      engine.yield %z1_1 : f32
  }
  %v = engine.reduce ins(%d : tensor<2x3x8xf32>) {nodes = ["/v"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
    ^bb0(%e_d: f32):
      %z2_1 = arith.mulf %e_d, %e_d : f32
      engine.yield %z2_1 : f32
  }
  %y = engine.map ins(%d, %v : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_d: f32, %e_v: f32):
      %z3_1 = arith.constant 1.000000e-05 : f32
      %z3_2 = arith.addf %e_v, %z3_1 : f32
      %z3_3 = math.rsqrt %z3_2 : f32
      %z3_4 = arith.mulf %e_d, %z3_3 : f32
      %z3_5 = math.floor %z3_4 : f32
      engine.yield %z3_5 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_rounded
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/m"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/d"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/v"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e-05 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.rsqrt %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.floor %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }
