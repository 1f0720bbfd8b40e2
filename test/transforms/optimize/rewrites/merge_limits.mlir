// RUN: opt-tool %s --split-input-file -p 'optimize{only=merge-limits exactness=bitwise}' --check-numerics | filecheck %s

// Of two limits on one side the tighter one binds.

func.func @relu_twice(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 0.0 : f32
    %b = arith.maximumf %x, %a : f32
    %0 = arith.maximumf %b, %a : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @relu_twice
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"], rewrites = ["merge-limits"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @upper(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 6.0 : f32
    %c = arith.constant 4.0 : f32
    %b = arith.minimumf %x, %a : f32
    %0 = arith.minimumf %b, %c : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @upper
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"], rewrites = ["merge-limits"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 4.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.minimumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_other_side(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 6.0 : f32
    %c = arith.constant 4.0 : f32
    %b = arith.minimumf %x, %a : f32
    %0 = arith.maximumf %b, %c : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_other_side
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 6.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.constant 4.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.minimumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_argument(%t0: tensor<3xf32>, %t1: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0, %t1 : tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32, %y: f32):
    %a = arith.constant 6.0 : f32
    %b = arith.maximumf %x, %y : f32
    %0 = arith.maximumf %b, %a : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_argument
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 6.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }
