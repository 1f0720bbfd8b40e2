// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-sign-below-abs exactness=bitwise}' --check-numerics | filecheck %s

// The sign does not matter to an absolute value.

func.func @negated(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.negf %x : f32
    %0 = math.absf %a : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @negated
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"], rewrites = ["drop-sign-below-abs"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = math.absf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_exp(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = math.exp %x : f32
    %0 = math.absf %a : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_exp
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = math.absf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }
