// RUN: opt-tool %s --split-input-file -p 'optimize{only=extend-exact-integer exactness=bitwise}' --check-numerics | filecheck %s

func.func @eight_bits(%t_x: tensor<3x4xi8>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xi8>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: i8):
    %v1 = arith.sitofp %x : i8 to f16
    %v2 = arith.extf %v1 : f16 to f32
    engine.yield %v2 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @eight_bits
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi8>) attributes {nodes = ["/map"], rewrites = ["extend-exact-integer"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i8):
// CHECK-NEXT:       %{{.*}} = arith.sitofp %{{.*}} : i8 to f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

// f16 does not hold all of these.
func.func @near_miss_sixteen_bits(%t_x: tensor<3x4xi16>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xi16>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: i16):
    %v1 = arith.sitofp %x : i16 to f16
    %v2 = arith.extf %v1 : f16 to f32
    engine.yield %v2 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_sixteen_bits
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi16>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i16):
// CHECK-NEXT:       %{{.*}} = arith.sitofp %{{.*}} : i16 to f16
// CHECK-NEXT:       %{{.*}} = arith.extf %{{.*}} : f16 to f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }
