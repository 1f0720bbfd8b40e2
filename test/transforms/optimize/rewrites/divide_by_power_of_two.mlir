// RUN: opt-tool %s --split-input-file -p 'optimize{only=divide-by-power-of-two exactness=bitwise}' --check-numerics | filecheck %s

// A division by a power of two is an exact multiplication.

func.func @eight(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 8.0 : f32
    %0 = arith.divf %x, %a : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @eight
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"], rewrites = ["divide-by-power-of-two"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 1.250000e-01 : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @negative(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant -0.25 : f32
    %0 = arith.divf %x, %a : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @negative
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"], rewrites = ["divide-by-power-of-two"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant -4.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

// A third is not exact.
func.func @near_miss_three(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 3.0 : f32
    %0 = arith.divf %x, %a : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_three
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 3.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

// 1 / 2^127 is subnormal.
func.func @near_miss_reciprocal_not_normal(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 1.7014118346046923e+38 : f32
    %0 = arith.divf %x, %a : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_reciprocal_not_normal
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 1.70141183e+38 : f32
// CHECK-NEXT:        %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

// The constant is divided.
func.func @near_miss_dividend(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 8.0 : f32
    %0 = arith.divf %a, %x : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_dividend
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 8.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }
