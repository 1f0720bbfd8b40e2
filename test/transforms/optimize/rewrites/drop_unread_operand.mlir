// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-unread-operand exactness=bitwise}' --check-numerics | filecheck %s

// Operands that no scalar is read from go.

func.func @map(%x: tensor<2x3xf32>, %y: tensor<3xf32>) -> tensor<2x3xf32> {
  %r = engine.map ins(%x, %y : tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.negf %p : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @map
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3xf32>) attributes {rewrites = ["drop-unread-operand"]} -> tensor<2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

func.func @epilogue(%x: tensor<2x3xf32>, %w: tensor<3x5xf32>, %b: tensor<5xf32>) -> tensor<2x5xf32> {
  %y = engine.matmul %x, %w epilogue(%b : tensor<5xf32>) : tensor<2x3xf32>, tensor<3x5xf32> -> tensor<2x5xf32> {
  ^bb0(%acc: f32, %p: f32):
    %0 = arith.negf %acc : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<2x5xf32>
}

// CHECK-LABEL: func.func @epilogue
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {rewrites = ["drop-unread-operand"]} : tensor<2x3xf32>, tensor<3x5xf32> -> tensor<2x5xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x5xf32>
// CHECK-NEXT:    }

// -----

// Without it the result would have another shape.
func.func @near_miss_shape(%x: tensor<3xf32>, %y: tensor<2x1xf32>) -> tensor<2x3xf32> {
  %r = engine.map ins(%x, %y : tensor<3xf32>, tensor<2x1xf32>) -> tensor<2x3xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.negf %p : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_shape
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3xf32>, tensor<2x1xf32>) -> tensor<2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_read(%x: tensor<2x3xf32>, %y: tensor<3xf32>) -> tensor<2x3xf32> {
  %r = engine.map ins(%x, %y : tensor<2x3xf32>, tensor<3xf32>) attributes {nodes = ["/add"]} -> tensor<2x3xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_read
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x3xf32>, tensor<3xf32>) attributes {nodes = ["/add"]} -> tensor<2x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }
