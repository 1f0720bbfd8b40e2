// RUN: opt-tool %s --split-input-file -p 'optimize{only=recompose-rms-norm exactness=rounding}' --check-numerics | filecheck %s

// A division by the root of the mean of squares is a norm.

func.func @reciprocal(%x: tensor<2x3x8xf32>, %g: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %v = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/square"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
  ^bb0(%p: f32):
    %0 = arith.mulf %p, %p : f32
    engine.yield %0 : f32
  }
  %r = engine.map ins(%v : tensor<2x3x1xf32>) attributes {nodes = ["/root"]} -> tensor<2x3x1xf32> {
  ^bb0(%p: f32):
    %e = arith.constant 1.0e-5 : f32
    %0 = arith.addf %p, %e : f32
    %1 = math.sqrt %0 : f32
    %one = arith.constant 1.0 : f32
    %2 = arith.divf %one, %1 : f32
    engine.yield %2 : f32
  }
  %y = engine.map ins(%x, %r, %g : tensor<2x3x8xf32>, tensor<2x3x1xf32>, tensor<8xf32>) attributes {nodes = ["/mul"]} -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32, %t: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.mulf %t, %0 : f32
    engine.yield %1 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @reciprocal
// CHECK-NEXT:      %{{.*}} = engine.norm %{{.*}} {nodes = ["/root", "/square", "/mul"], rewrites = ["recompose-rms-norm"], kind = "rms", axes = array<i64: 2>, epsilon = 9.9999997473787516e-06 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<8xf32>) attributes {nodes = ["/root", "/square", "/mul"], rewrites = ["recompose-rms-norm"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

func.func @quotient(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %v = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/square"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
  ^bb0(%p: f32):
    %0 = arith.mulf %p, %p : f32
    engine.yield %0 : f32
  }
  %r = engine.map ins(%v : tensor<2x3x1xf32>) attributes {nodes = ["/root"]} -> tensor<2x3x1xf32> {
  ^bb0(%p: f32):
    %e = arith.constant 1.0e-5 : f32
    %0 = arith.addf %p, %e : f32
    %1 = math.sqrt %0 : f32
    engine.yield %1 : f32
  }
  %y = engine.map ins(%x, %r : tensor<2x3x8xf32>, tensor<2x3x1xf32>) attributes {nodes = ["/div"]} -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.divf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @quotient
// CHECK-NEXT:      %{{.*}} = engine.norm %{{.*}} {nodes = ["/root", "/square", "/div"], rewrites = ["recompose-rms-norm"], kind = "rms", axes = array<i64: 2>, epsilon = 9.9999997473787516e-06 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {nodes = ["/root", "/square", "/div"], rewrites = ["recompose-rms-norm"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

// The root is needed anyway.
func.func @near_miss_second_use(%x: tensor<2x3x8xf32>) -> (tensor<2x3x8xf32>, tensor<2x3x1xf32>) {
  %v = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/square"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
  ^bb0(%p: f32):
    %0 = arith.mulf %p, %p : f32
    engine.yield %0 : f32
  }
  %r = engine.map ins(%v : tensor<2x3x1xf32>) attributes {nodes = ["/root"]} -> tensor<2x3x1xf32> {
  ^bb0(%p: f32):
    %e = arith.constant 1.0e-5 : f32
    %0 = arith.addf %p, %e : f32
    %1 = math.sqrt %0 : f32
    %one = arith.constant 1.0 : f32
    %2 = arith.divf %one, %1 : f32
    engine.yield %2 : f32
  }
  %y = engine.map ins(%x, %r : tensor<2x3x8xf32>, tensor<2x3x1xf32>) -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.mulf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %y, %r : tensor<2x3x8xf32>, tensor<2x3x1xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
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
// CHECK-NEXT:        %{{.*}} = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_other_tensor(%x: tensor<2x3x8xf32>, %z: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %v = engine.reduce ins(%z : tensor<2x3x8xf32>) {nodes = ["/square"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
  ^bb0(%p: f32):
    %0 = arith.mulf %p, %p : f32
    engine.yield %0 : f32
  }
  %r = engine.map ins(%v : tensor<2x3x1xf32>) attributes {nodes = ["/root"]} -> tensor<2x3x1xf32> {
  ^bb0(%p: f32):
    %e = arith.constant 1.0e-5 : f32
    %0 = arith.addf %p, %e : f32
    %1 = math.sqrt %0 : f32
    %one = arith.constant 1.0 : f32
    %2 = arith.divf %one, %1 : f32
    engine.yield %2 : f32
  }
  %y = engine.map ins(%x, %r : tensor<2x3x8xf32>, tensor<2x3x1xf32>) -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.mulf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_other_tensor
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
// CHECK-NEXT:        %{{.*}} = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

// Multiplied by the root, not divided.
func.func @near_miss_times_root(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %v = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/square"], kind = "mean", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
  ^bb0(%p: f32):
    %0 = arith.mulf %p, %p : f32
    engine.yield %0 : f32
  }
  %r = engine.map ins(%v : tensor<2x3x1xf32>) attributes {nodes = ["/root"]} -> tensor<2x3x1xf32> {
  ^bb0(%p: f32):
    %e = arith.constant 1.0e-5 : f32
    %0 = arith.addf %p, %e : f32
    %1 = math.sqrt %0 : f32
    engine.yield %1 : f32
  }
  %y = engine.map ins(%x, %r : tensor<2x3x8xf32>, tensor<2x3x1xf32>) -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.mulf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_times_root
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
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_sum(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %v = engine.reduce ins(%x : tensor<2x3x8xf32>) {nodes = ["/square"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
  ^bb0(%p: f32):
    %0 = arith.mulf %p, %p : f32
    engine.yield %0 : f32
  }
  %r = engine.map ins(%v : tensor<2x3x1xf32>) attributes {nodes = ["/root"]} -> tensor<2x3x1xf32> {
  ^bb0(%p: f32):
    %e = arith.constant 1.0e-5 : f32
    %0 = arith.addf %p, %e : f32
    %1 = math.sqrt %0 : f32
    %one = arith.constant 1.0 : f32
    %2 = arith.divf %one, %1 : f32
    engine.yield %2 : f32
  }
  %y = engine.map ins(%x, %r : tensor<2x3x8xf32>, tensor<2x3x1xf32>) -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.mulf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_sum
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}} : tensor<2x3x8xf32>) {nodes = ["/square"], kind = "sum", axes = array<i64: 2>, keepdims} -> tensor<2x3x1xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x1xf32>) attributes {nodes = ["/root"]} -> tensor<2x3x1xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 1.000000e-05 : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = math.sqrt %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x1xf32>) -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }
