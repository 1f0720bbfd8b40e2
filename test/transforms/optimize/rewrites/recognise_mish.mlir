// RUN: opt-tool %s --split-input-file -p 'optimize{only=recognise-mish exactness=rounding}' --check-numerics | filecheck %s

func.func @stable(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.constant 0.0 : f32
    %v2 = arith.maximumf %x, %v1 : f32
    %v3 = math.absf %x : f32
    %v4 = arith.negf %v3 : f32
    %v5 = math.exp %v4 : f32
    %v6 = math.log1p %v5 : f32
    %v7 = arith.addf %v2, %v6 : f32
    %v8 = math.tanh %v7 : f32
    %v9 = arith.mulf %x, %v8 : f32
    engine.yield %v9 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @stable
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["recognise-mish"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.000000e+01 : f32
// CHECK-NEXT:       %{{.*}} = arith.minimumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 2.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @plain(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = math.exp %x : f32
    %v2 = arith.constant 1.0 : f32
    %v3 = arith.addf %v1, %v2 : f32
    %v4 = math.log %v3 : f32
    %v5 = math.tanh %v4 : f32
    %v6 = arith.mulf %x, %v5 : f32
    engine.yield %v6 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @plain
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["recognise-mish"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.000000e+01 : f32
// CHECK-NEXT:       %{{.*}} = arith.minimumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 2.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_softplus(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = math.exp %x : f32
    %v2 = arith.constant 2.0 : f32
    %v3 = arith.addf %v1, %v2 : f32
    %v4 = math.log %v3 : f32
    %v5 = math.tanh %v4 : f32
    %v6 = arith.mulf %x, %v5 : f32
    engine.yield %v6 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_softplus
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 2.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.log %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.tanh %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = math.exp %x : f32
    %v2 = math.log1p %v1 : f32
    %v3 = math.tanh %v2 : f32
    %v4 = arith.mulf %v3, %v2 : f32
    engine.yield %v4 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.log1p %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.tanh %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

// The powers do not fit into 16 bits.
func.func @near_miss_half_precision(%t_x: tensor<3x4xf16>) -> tensor<3x4xf16> {
  %r = engine.map ins(%t_x : tensor<3x4xf16>) attributes {nodes = ["/map"]} -> tensor<3x4xf16> {
  ^bb0(%x: f16):
    %v1 = math.exp %x : f16
    %v2 = math.log1p %v1 : f16
    %v3 = math.tanh %v2 : f16
    %v4 = arith.mulf %x, %v3 : f16
    engine.yield %v4 : f16
  }
  func.return %r : tensor<3x4xf16>
}

// CHECK-LABEL: func.func @near_miss_half_precision
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf16>) attributes {nodes = ["/map"]} -> tensor<3x4xf16> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f16):
// CHECK-NEXT:       %{{.*}} = math.exp %{{.*}} : f16
// CHECK-NEXT:       %{{.*}} = math.log1p %{{.*}} : f16
// CHECK-NEXT:       %{{.*}} = math.tanh %{{.*}} : f16
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f16
// CHECK-NEXT:       engine.yield %{{.*}} : f16
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf16>
// CHECK-NEXT:   }
