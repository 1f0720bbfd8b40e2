// RUN: opt-tool %s --split-input-file -p 'optimize{only=merge-float-casts exactness=bitwise}' --check-numerics | filecheck %s

// Widening keeps every number.

func.func @twice(%t_x: tensor<3x4xf16>) -> tensor<3x4xf64> {
  %r = engine.map ins(%t_x : tensor<3x4xf16>) attributes {nodes = ["/map"]} -> tensor<3x4xf64> {
  ^bb0(%x: f16):
    %v1 = arith.extf %x : f16 to f32
    %v2 = arith.extf %v1 : f32 to f64
    engine.yield %v2 : f64
  }
  func.return %r : tensor<3x4xf64>
}

// CHECK-LABEL: func.func @twice
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf16>) attributes {nodes = ["/map"], rewrites = ["merge-float-casts"]} -> tensor<3x4xf64> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f16):
// CHECK-NEXT:       %{{.*}} = arith.extf %{{.*}} : f16 to f64
// CHECK-NEXT:       engine.yield %{{.*}} : f64
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf64>
// CHECK-NEXT:   }

// -----

func.func @back_to_between(%t_x: tensor<3x4xf16>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf16>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f16):
    %v1 = arith.extf %x : f16 to f64
    %v2 = arith.truncf %v1 : f64 to f32
    engine.yield %v2 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @back_to_between
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf16>) attributes {nodes = ["/map"], rewrites = ["merge-float-casts"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f16):
// CHECK-NEXT:       %{{.*}} = arith.extf %{{.*}} : f16 to f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @narrower(%t_x: tensor<3x4xf32>) -> tensor<3x4xf16> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf16> {
  ^bb0(%x: f32):
    %v1 = arith.extf %x : f32 to f64
    %v2 = arith.truncf %v1 : f64 to f16
    engine.yield %v2 : f16
  }
  func.return %r : tensor<3x4xf16>
}

// CHECK-LABEL: func.func @narrower
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["merge-float-casts"]} -> tensor<3x4xf16> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.truncf %{{.*}} : f32 to f16
// CHECK-NEXT:       engine.yield %{{.*}} : f16
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf16>
// CHECK-NEXT:   }

// -----

// Digits are lost in between.
func.func @near_miss_lossy(%t_x: tensor<3x4xf32>) -> tensor<3x4xf64> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf64> {
  ^bb0(%x: f32):
    %v1 = arith.truncf %x : f32 to f16
    %v2 = arith.extf %v1 : f16 to f64
    engine.yield %v2 : f64
  }
  func.return %r : tensor<3x4xf64>
}

// CHECK-LABEL: func.func @near_miss_lossy
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf64> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.truncf %{{.*}} : f32 to f16
// CHECK-NEXT:       %{{.*}} = arith.extf %{{.*}} : f16 to f64
// CHECK-NEXT:       engine.yield %{{.*}} : f64
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf64>
// CHECK-NEXT:   }

// -----

func.func @near_miss_same(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.extf %x : f32 to f64
    %v2 = arith.truncf %v1 : f64 to f32
    engine.yield %v2 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_same
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.extf %{{.*}} : f32 to f64
// CHECK-NEXT:       %{{.*}} = arith.truncf %{{.*}} : f64 to f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

// Neither of 16 bits holds the other.
func.func @near_miss_two_halves(%t_x: tensor<3x4xf16>) -> tensor<3x4xbf16> {
  %r = engine.map ins(%t_x : tensor<3x4xf16>) attributes {nodes = ["/map"]} -> tensor<3x4xbf16> {
  ^bb0(%x: f16):
    %v1 = arith.extf %x : f16 to f32
    %v2 = arith.truncf %v1 : f32 to bf16
    engine.yield %v2 : bf16
  }
  func.return %r : tensor<3x4xbf16>
}

// CHECK-LABEL: func.func @near_miss_two_halves
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf16>) attributes {nodes = ["/map"]} -> tensor<3x4xbf16> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f16):
// CHECK-NEXT:       %{{.*}} = arith.extf %{{.*}} : f16 to f32
// CHECK-NEXT:       %{{.*}} = arith.truncf %{{.*}} : f32 to bf16
// CHECK-NEXT:       engine.yield %{{.*}} : bf16
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xbf16>
// CHECK-NEXT:   }
