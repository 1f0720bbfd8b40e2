// RUN: opt-tool %s --split-input-file -p 'optimize{only=fold-affine-into-norm exactness=rounding}' --check-numerics | filecheck %s

// Scale and shift after a norm are its own.

func.func @both(%x: tensor<2x3x8xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %n = engine.norm %x {nodes = ["/norm"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.map ins(%n, %g, %b : tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/affine"]} -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %t: f32, %o: f32):
    %0 = arith.mulf %p, %t : f32
    %1 = arith.addf %0, %o : f32
    engine.yield %1 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @both
// CHECK-NEXT:      %{{.*}} = engine.norm %{{.*}} scale(%{{.*}} : tensor<8xf32>) bias(%{{.*}} : tensor<8xf32>) {nodes = ["/norm", "/affine"], rewrites = ["fold-affine-into-norm"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/norm", "/affine"], rewrites = ["fold-affine-into-norm"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

// The scale varies along an axis that is not normalised.
func.func @near_miss_rows(%x: tensor<2x3x8xf32>, %g: tensor<3x1xf32>, %b: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %n = engine.norm %x {nodes = ["/norm"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.map ins(%n, %g, %b : tensor<2x3x8xf32>, tensor<3x1xf32>, tensor<8xf32>) attributes {nodes = ["/affine"]} -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %t: f32, %o: f32):
    %0 = arith.mulf %p, %t : f32
    %1 = arith.addf %0, %o : f32
    engine.yield %1 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_rows
// CHECK-NEXT:      %{{.*}} = engine.norm %{{.*}} {nodes = ["/norm"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<3x1xf32>, tensor<8xf32>) attributes {nodes = ["/affine"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_second_use(%x: tensor<2x3x8xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>) -> (tensor<2x3x8xf32>, tensor<2x3x8xf32>) {
  %n = engine.norm %x {nodes = ["/norm"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.map ins(%n, %g, %b : tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/affine"]} -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %t: f32, %o: f32):
    %0 = arith.mulf %p, %t : f32
    %1 = arith.addf %0, %o : f32
    engine.yield %1 : f32
  }
  func.return %y, %n : tensor<2x3x8xf32>, tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:      %{{.*}} = engine.norm %{{.*}} {nodes = ["/norm"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/affine"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

// The shift comes first.
func.func @near_miss_scale_after_bias(%x: tensor<2x3x8xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %n = engine.norm %x bias(%b : tensor<8xf32>) {nodes = ["/norm"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.map ins(%n, %g : tensor<2x3x8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %t: f32):
    %0 = arith.mulf %p, %t : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_scale_after_bias
// CHECK-NEXT:      %{{.*}} = engine.norm %{{.*}} bias(%{{.*}} : tensor<8xf32>) {nodes = ["/norm"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }
