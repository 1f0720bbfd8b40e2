// RUN: opt-tool %s --split-input-file -p 'optimize{only=combine-subtracted-constants exactness=rounding}' --check-numerics | filecheck %s

func.func @added(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.constant 2.500000e+00 : f32
    %v2 = arith.subf %x, %v1 : f32
    %v3 = arith.constant 7.500000e-01 : f32
    %v4 = arith.addf %v2, %v3 : f32
    engine.yield %v4 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @added
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["combine-subtracted-constants"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant -1.750000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @subtracted(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.constant 2.500000e+00 : f32
    %v2 = arith.addf %x, %v1 : f32
    %v3 = arith.constant 7.500000e-01 : f32
    %v4 = arith.subf %v2, %v3 : f32
    engine.yield %v4 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @subtracted
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["combine-subtracted-constants"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.750000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @twice(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.constant 2.500000e+00 : f32
    %v2 = arith.subf %x, %v1 : f32
    %v3 = arith.constant 7.500000e-01 : f32
    %v4 = arith.subf %v2, %v3 : f32
    engine.yield %v4 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @twice
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["combine-subtracted-constants"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 3.250000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_from_constant(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.constant 2.500000e+00 : f32
    %v2 = arith.subf %v1, %x : f32
    %v3 = arith.constant 7.500000e-01 : f32
    %v4 = arith.addf %v2, %v3 : f32
    engine.yield %v4 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_from_constant
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.500000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 7.500000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.constant 2.500000e+00 : f32
    %v2 = arith.subf %x, %v1 : f32
    %v3 = arith.constant 7.500000e-01 : f32
    %v4 = arith.addf %v2, %v3 : f32
    %v5 = arith.mulf %v4, %v2 : f32
    engine.yield %v5 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.500000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 7.500000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_rounded(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.constant 2.500000e+00 : f32
    %v2 = arith.subf %x, %v1 : f32
    %v3 = arith.constant 7.500000e-01 : f32
    %v4 = arith.addf %v2, %v3 : f32
    %v5 = math.floor %v4 : f32
    engine.yield %v5 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_rounded
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 2.500000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 7.500000e-01 : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = math.floor %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_huge(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.constant 3.000000e+38 : f32
    %v2 = arith.subf %x, %v1 : f32
    %v3 = arith.constant 3.000000e+38 : f32
    %v4 = arith.subf %v2, %v3 : f32
    engine.yield %v4 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_huge
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 3.000000e+38 : f32
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }
