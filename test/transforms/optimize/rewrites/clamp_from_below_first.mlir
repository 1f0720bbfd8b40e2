// RUN: opt-tool %s --split-input-file -p 'optimize{only=clamp-from-below-first exactness=bitwise}' --check-numerics | filecheck %s

// One spelling of a clamp, so that clamps of clamps merge.

func.func @unit(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 0.0 : f32
    %c = arith.constant 1.0 : f32
    %b = arith.minimumf %x, %c : f32
    %0 = arith.maximumf %b, %a : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @unit
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"], rewrites = ["clamp-from-below-first"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.minimumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

// The lower limit is above the upper one.
func.func @near_miss_crossed(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 2.0 : f32
    %c = arith.constant 1.0 : f32
    %b = arith.minimumf %x, %c : f32
    %0 = arith.maximumf %b, %a : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_crossed
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 2.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.minimumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_second_use(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 0.0 : f32
    %c = arith.constant 1.0 : f32
    %b = arith.minimumf %x, %c : f32
    %d = arith.maximumf %b, %a : f32
    %0 = arith.addf %b, %d : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.minimumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }
