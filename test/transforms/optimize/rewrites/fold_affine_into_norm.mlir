// RUN: opt-tool %s --split-input-file -p 'optimize{only=fold-affine-into-norm exactness=rounding}' --check-numerics | filecheck %s

// Scale and shift after a norm are its own.

func.func @both(%x: tensor<2x3x8xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %n = engine.norm %x {nodes = ["/n"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.map ins(%n, %g, %b : tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_n: f32, %e_g: f32, %e_b: f32):
      %z1_1 = arith.mulf %e_n, %e_g : f32
      %z1_2 = arith.addf %z1_1, %e_b : f32
      engine.yield %z1_2 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @both
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} scale(%{{.*}} : tensor<8xf32>) bias(%{{.*}} : tensor<8xf32>) {nodes = ["/n", "/y"], rewrites = ["fold-affine-into-norm"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/n", "/y"], rewrites = ["fold-affine-into-norm"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

// It may vary along any axis, as long as it is repeated along another.
func.func @rows(%x: tensor<2x3x8xf32>, %g: tensor<3x1xf32>) -> tensor<2x3x8xf32> {
  %n = engine.norm %x {nodes = ["/n"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.map ins(%n, %g : tensor<2x3x8xf32>, tensor<3x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_n: f32, %e_g: f32):
      %z1_1 = arith.mulf %e_n, %e_g : f32
      engine.yield %z1_1 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @rows
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} scale(%{{.*}} : tensor<3x1xf32>) {nodes = ["/n", "/y"], rewrites = ["fold-affine-into-norm"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/n", "/y"], rewrites = ["fold-affine-into-norm"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @groups(%x: tensor<2x6x4xf32>, %g: tensor<6x1xf32>) -> tensor<2x6x4xf32> {
  %n = engine.norm %x {nodes = ["/n"], kind = "layer", axes = array<i64: 1, 2>, epsilon = 1.000000e-05 : f64, groups = 3 : i64} : tensor<2x6x4xf32> -> tensor<2x6x4xf32>
  %y = engine.map ins(%n, %g : tensor<2x6x4xf32>, tensor<6x1xf32>) attributes {nodes = ["/y"]} -> tensor<2x6x4xf32> {
    ^bb0(%e_n: f32, %e_g: f32):
      %z1_1 = arith.mulf %e_n, %e_g : f32
      engine.yield %z1_1 : f32
  }
  func.return %y : tensor<2x6x4xf32>
}

// CHECK-LABEL: func.func @groups
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} scale(%{{.*}} : tensor<6x1xf32>) {nodes = ["/n", "/y"], rewrites = ["fold-affine-into-norm"], kind = "layer", axes = array<i64: 1, 2>, epsilon = 1.000000e-05 : f64, groups = 3 : i64} : tensor<2x6x4xf32> -> tensor<2x6x4xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x6x4xf32>) attributes {nodes = ["/n", "/y"], rewrites = ["fold-affine-into-norm"]} -> tensor<2x6x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x6x4xf32>
// CHECK-NEXT:   }

// -----

// A residual lies in a layout of its own.
func.func @near_miss_whole(%x: tensor<2x3x8xf32>, %r: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %n = engine.norm %x {nodes = ["/n"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.map ins(%n, %r : tensor<2x3x8xf32>, tensor<2x3x8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_n: f32, %e_r: f32):
      %z1_1 = arith.addf %e_n, %e_r : f32
      engine.yield %z1_1 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_whole
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} {nodes = ["/n"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<2x3x8xf32>, %g: tensor<8xf32>) -> (tensor<2x3x8xf32>, tensor<2x3x8xf32>) {
  %n = engine.norm %x {nodes = ["/n"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.map ins(%n, %g : tensor<2x3x8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_n: f32, %e_g: f32):
      %z1_1 = arith.mulf %e_n, %e_g : f32
      engine.yield %z1_1 : f32
  }
  func.return %y, %n : tensor<2x3x8xf32>, tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} {nodes = ["/n"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

// The shift comes first.
func.func @near_miss_scale_after_bias(%x: tensor<2x3x8xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %n = engine.norm %x bias(%b : tensor<8xf32>) {nodes = ["/n"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.map ins(%n, %g : tensor<2x3x8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
    ^bb0(%e_n: f32, %e_g: f32):
      %z1_1 = arith.mulf %e_n, %e_g : f32
      engine.yield %z1_1 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_scale_after_bias
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} bias(%{{.*}} : tensor<8xf32>) {nodes = ["/n"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<8xf32>) attributes {nodes = ["/y"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }
