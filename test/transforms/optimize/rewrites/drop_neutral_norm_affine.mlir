// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-neutral-norm-affine exactness=rounding}' --check-numerics | filecheck %s

func.func @both(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %g = engine.constant dense<1.0> : tensor<8xf32> -> tensor<8xf32>
  %b = engine.constant dense<0.0> : tensor<8xf32> -> tensor<8xf32>
  %y = engine.norm %x scale(%g : tensor<8xf32>) bias(%b : tensor<8xf32>) {nodes = ["/y"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @both
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} {nodes = ["/y"], rewrites = ["drop-neutral-norm-affine"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @scale(%x: tensor<2x3x8xf32>, %b: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %g = engine.constant dense<1.0> : tensor<8xf32> -> tensor<8xf32>
  %y = engine.norm %x scale(%g : tensor<8xf32>) bias(%b : tensor<8xf32>) {nodes = ["/y"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @scale
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} bias(%{{.*}} : tensor<8xf32>) {nodes = ["/y"], rewrites = ["drop-neutral-norm-affine"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_two(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %g = engine.constant dense<2.0> : tensor<8xf32> -> tensor<8xf32>
  %y = engine.norm %x scale(%g : tensor<8xf32>) {nodes = ["/y"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_two
// CHECK-NEXT:     %{{.*}} = engine.constant dense<2.000000e+00> : tensor<8xf32> -> tensor<8xf32>
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} scale(%{{.*}} : tensor<8xf32>) {nodes = ["/y"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_computed(%x: tensor<2x3x8xf32>, %g: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %y = engine.norm %x scale(%g : tensor<8xf32>) {nodes = ["/y"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_computed
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} scale(%{{.*}} : tensor<8xf32>) {nodes = ["/y"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }
