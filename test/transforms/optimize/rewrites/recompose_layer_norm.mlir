// RUN: opt-tool %s --split-input-file -p 'optimize{only=recompose-layer-norm exactness=rounding}' --check-numerics | filecheck %s

// The root of the mean of squares of what is centred is the standard deviation.

func.func @whole(%x: tensor<2x3x8xf32>, %g: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %u = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/u"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %d = engine.map ins(%x, %u : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/sub"]} -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.subf %p, %q : f32
    engine.yield %0 : f32
  }
  %y = engine.norm %d scale(%g : tensor<8xf32>) {nodes = ["/norm"], kind = "rms", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @whole
// CHECK-NEXT:      %{{.*}} = engine.norm %{{.*}} scale(%{{.*}} : tensor<8xf32>) {nodes = ["/sub", "/u", "/norm"], rewrites = ["recompose-layer-norm"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

// Not the mean is subtracted.
func.func @near_miss_maximum(%x: tensor<2x3x8xf32>, %g: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %u = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/u"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %d = engine.map ins(%x, %u : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/sub"]} -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.subf %p, %q : f32
    engine.yield %0 : f32
  }
  %y = engine.norm %d scale(%g : tensor<8xf32>) {nodes = ["/norm"], kind = "rms", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_maximum
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/u"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/sub"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.norm %{{.*}} scale(%{{.*}} : tensor<8xf32>) {nodes = ["/norm"], kind = "rms", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

// The means are over different axes.
func.func @near_miss_other_axes(%x: tensor<2x3x8xf32>, %g: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %u = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/u"], kind = "mean", axes = array<i64: 1>, keepdims} -> tensor<2x1x8xf32>
  %d = engine.map ins(%x, %u : tensor<2x3x8xf32>, tensor<2x1x8xf32>) attributes {nodes = ["/sub"]} -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.subf %p, %q : f32
    engine.yield %0 : f32
  }
  %y = engine.norm %d scale(%g : tensor<8xf32>) {nodes = ["/norm"], kind = "rms", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_other_axes
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/u"], kind = "mean", axes = array<i64: 1>, keepdims} -> tensor<2x1x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x1x8xf32>) attributes {nodes = ["/sub"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.norm %{{.*}} scale(%{{.*}} : tensor<8xf32>) {nodes = ["/norm"], kind = "rms", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

// mean(x) - x has the other sign.
func.func @near_miss_swapped(%x: tensor<2x3x8xf32>, %g: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %u = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/u"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %d = engine.map ins(%x, %u : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/sub"]} -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.subf %q, %p : f32
    engine.yield %0 : f32
  }
  %y = engine.norm %d scale(%g : tensor<8xf32>) {nodes = ["/norm"], kind = "rms", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_swapped
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/u"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/sub"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.norm %{{.*}} scale(%{{.*}} : tensor<8xf32>) {nodes = ["/norm"], kind = "rms", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_second_use(%x: tensor<2x3x8xf32>, %g: tensor<8xf32>) -> (tensor<2x3x8xf32>, tensor<2x3x8xf32>) {
  %u = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/u"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %d = engine.map ins(%x, %u : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/sub"]} -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.subf %p, %q : f32
    engine.yield %0 : f32
  }
  %y = engine.norm %d scale(%g : tensor<8xf32>) {nodes = ["/norm"], kind = "rms", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  func.return %y, %d : tensor<2x3x8xf32>, tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/u"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/sub"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.norm %{{.*}} scale(%{{.*}} : tensor<8xf32>) {nodes = ["/norm"], kind = "rms", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x8xf32>
// CHECK-NEXT:    }
