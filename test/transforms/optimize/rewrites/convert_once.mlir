// RUN: opt-tool %s --split-input-file -p 'optimize{only=convert-once exactness=bitwise}' --check-numerics | filecheck %s

func.func @through_double(%t_x: tensor<3x4xi32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: i32):
    %v1 = arith.sitofp %x : i32 to f64
    %v2 = arith.truncf %v1 : f64 to f32
    engine.yield %v2 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @through_double
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi32>) attributes {nodes = ["/map"], rewrites = ["convert-once"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.sitofp %{{.*}} : i32 to f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

// Rounded twice.
func.func @near_miss_long(%t_x: tensor<3x4xi64>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xi64>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: i64):
    %v1 = arith.sitofp %x : i64 to f64
    %v2 = arith.truncf %v1 : f64 to f32
    engine.yield %v2 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_long
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi64>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i64):
// CHECK-NEXT:       %{{.*}} = arith.sitofp %{{.*}} : i64 to f64
// CHECK-NEXT:       %{{.*}} = arith.truncf %{{.*}} : f64 to f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }
