// RUN: opt-tool %s --split-input-file -p 'optimize{only=recompose-layer-norm exactness=rounding}' --check-numerics | filecheck %s

// Mean, difference, mean of squares, root and quotient are a norm.

func.func @whole(%x: tensor<2x3x8xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %u = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/u"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %d = engine.map ins(%x, %u : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/sub"]} -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.subf %p, %q : f32
    engine.yield %0 : f32
  }
  %v = engine.reduce ins(%d : tensor<2x3x8xf32>) {nodes = ["/square"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
  ^bb0(%p: f32):
    %0 = arith.mulf %p, %p : f32
    engine.yield %0 : f32
  }
  %s = engine.map ins(%v : tensor<2x3x1xf32>) attributes {nodes = ["/root"]} -> tensor<2x3x1xf32> {
  ^bb0(%p: f32):
    %e = arith.constant 1.0e-5 : f32
    %0 = arith.addf %p, %e : f32
    %1 = math.sqrt %0 : f32
    engine.yield %1 : f32
  }
  %y = engine.map ins(%d, %s, %g, %b : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/div"]} -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32, %t: f32, %o: f32):
    %0 = arith.divf %p, %q : f32
    %1 = arith.mulf %0, %t : f32
    %2 = arith.addf %1, %o : f32
    engine.yield %2 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @whole
// CHECK-NEXT:      %{{.*}} = engine.norm %{{.*}} {nodes = ["/root", "/square", "/sub", "/u", "/div"], rewrites = ["recompose-layer-norm"], kind = "layer", axes = array<i64: 2>, epsilon = 9.9999997473787516e-06 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/root", "/square", "/sub", "/u", "/div"], rewrites = ["recompose-layer-norm"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

// Not the mean is subtracted.
func.func @near_miss_maximum(%x: tensor<2x3x8xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %u = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/u"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %d = engine.map ins(%x, %u : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/sub"]} -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.subf %p, %q : f32
    engine.yield %0 : f32
  }
  %v = engine.reduce ins(%d : tensor<2x3x8xf32>) {nodes = ["/square"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
  ^bb0(%p: f32):
    %0 = arith.mulf %p, %p : f32
    engine.yield %0 : f32
  }
  %s = engine.map ins(%v : tensor<2x3x1xf32>) attributes {nodes = ["/root"]} -> tensor<2x3x1xf32> {
  ^bb0(%p: f32):
    %e = arith.constant 1.0e-5 : f32
    %0 = arith.addf %p, %e : f32
    %1 = math.sqrt %0 : f32
    engine.yield %1 : f32
  }
  %y = engine.map ins(%d, %s, %g, %b : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/div"]} -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32, %t: f32, %o: f32):
    %0 = arith.divf %p, %q : f32
    %1 = arith.mulf %0, %t : f32
    %2 = arith.addf %1, %o : f32
    engine.yield %2 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_maximum
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/u"], kind = "max", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/sub"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/square"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x1xf32>) attributes {nodes = ["/root"]} -> tensor<2x3x1xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 1.000000e-05 : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = math.sqrt %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/div"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

// The means are over different axes.
func.func @near_miss_other_axes(%x: tensor<2x3x8xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %u = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/u"], kind = "mean", axes = array<i64: 1>, keepdims} -> tensor<2x1x8xf32>
  %d = engine.map ins(%x, %u : tensor<2x3x8xf32>, tensor<2x1x8xf32>) attributes {nodes = ["/sub"]} -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.subf %p, %q : f32
    engine.yield %0 : f32
  }
  %v = engine.reduce ins(%d : tensor<2x3x8xf32>) {nodes = ["/square"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
  ^bb0(%p: f32):
    %0 = arith.mulf %p, %p : f32
    engine.yield %0 : f32
  }
  %s = engine.map ins(%v : tensor<2x3x1xf32>) attributes {nodes = ["/root"]} -> tensor<2x3x1xf32> {
  ^bb0(%p: f32):
    %e = arith.constant 1.0e-5 : f32
    %0 = arith.addf %p, %e : f32
    %1 = math.sqrt %0 : f32
    engine.yield %1 : f32
  }
  %y = engine.map ins(%d, %s, %g, %b : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/div"]} -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32, %t: f32, %o: f32):
    %0 = arith.divf %p, %q : f32
    %1 = arith.mulf %0, %t : f32
    %2 = arith.addf %1, %o : f32
    engine.yield %2 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_other_axes
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/u"], kind = "mean", axes = array<i64: 1>, keepdims} -> tensor<2x1x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x1x8xf32>) attributes {nodes = ["/sub"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/square"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x1xf32>) attributes {nodes = ["/root"]} -> tensor<2x3x1xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 1.000000e-05 : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = math.sqrt %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/div"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

// mean(x) - x has the other sign.
func.func @near_miss_swapped(%x: tensor<2x3x8xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %u = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/u"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
  %d = engine.map ins(%x, %u : tensor<2x3x8xf32>, tensor<2x3x1xf32>) -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.subf %q, %p : f32
    engine.yield %0 : f32
  }
  %v = engine.reduce ins(%d : tensor<2x3x8xf32>) {nodes = ["/square"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
  ^bb0(%p: f32):
    %0 = arith.mulf %p, %p : f32
    engine.yield %0 : f32
  }
  %s = engine.map ins(%v : tensor<2x3x1xf32>) attributes {nodes = ["/root"]} -> tensor<2x3x1xf32> {
  ^bb0(%p: f32):
    %e = arith.constant 1.0e-5 : f32
    %0 = arith.addf %p, %e : f32
    %1 = math.sqrt %0 : f32
    engine.yield %1 : f32
  }
  %y = engine.map ins(%d, %s, %g, %b : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/div"]} -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32, %t: f32, %o: f32):
    %0 = arith.divf %p, %q : f32
    %1 = arith.mulf %0, %t : f32
    %2 = arith.addf %1, %o : f32
    engine.yield %2 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_swapped
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/u"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/square"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x1xf32>) attributes {nodes = ["/root"]} -> tensor<2x3x1xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 1.000000e-05 : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = math.sqrt %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<8xf32>, tensor<8xf32>) attributes {nodes = ["/div"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }
