// RUN: opt-tool %s --split-input-file -p 'optimize{only=recompose-softmax exactness=rounding}' --check-numerics | filecheck %s

// A softmax spelled as maximum, difference, exponential, sum and quotient.

func.func @whole(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  %m = engine.reduce ins(%x : tensor<4x7xf32>) {nodes = ["/m"], kind = "max", axes = array<i64: 1>, keepdims} -> tensor<4x1xf32>
  %e = engine.map ins(%x, %m : tensor<4x7xf32>, tensor<4x1xf32>) attributes {nodes = ["/exp"]} -> tensor<4x7xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.subf %p, %q : f32
    %1 = math.exp %0 : f32
    engine.yield %1 : f32
  }
  %s = engine.reduce ins(%e : tensor<4x7xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 1>, keepdims} -> tensor<4x1xf32>
  %y = engine.map ins(%e, %s : tensor<4x7xf32>, tensor<4x1xf32>) attributes {nodes = ["/div"]} -> tensor<4x7xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.divf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<4x7xf32>
}

// CHECK-LABEL: func.func @whole
// CHECK-NEXT:      %{{.*}} = engine.softmax %{{.*}} {nodes = ["/exp", "/s", "/m", "/div"], rewrites = ["recompose-softmax"], axis = 1 : i64} : tensor<4x7xf32> -> tensor<4x7xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<4x7xf32>) attributes {nodes = ["/exp", "/s", "/m", "/div"], rewrites = ["recompose-softmax"]} -> tensor<4x7xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x7xf32>
// CHECK-NEXT:    }

// -----

// The minimum is subtracted: the same in exact numbers, infinite here.
func.func @near_miss_minimum(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  %m = engine.reduce ins(%x : tensor<4x7xf32>) {nodes = ["/m"], kind = "min", axes = array<i64: 1>, keepdims} -> tensor<4x1xf32>
  %e = engine.map ins(%x, %m : tensor<4x7xf32>, tensor<4x1xf32>) attributes {nodes = ["/exp"]} -> tensor<4x7xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.subf %p, %q : f32
    %1 = math.exp %0 : f32
    engine.yield %1 : f32
  }
  %s = engine.reduce ins(%e : tensor<4x7xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 1>, keepdims} -> tensor<4x1xf32>
  %y = engine.map ins(%e, %s : tensor<4x7xf32>, tensor<4x1xf32>) attributes {nodes = ["/div"]} -> tensor<4x7xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.divf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<4x7xf32>
}

// CHECK-LABEL: func.func @near_miss_minimum
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}} : tensor<4x7xf32>) {nodes = ["/m"], kind = "min", axes = array<i64: 1>, keepdims} -> tensor<4x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<4x7xf32>, tensor<4x1xf32>) attributes {nodes = ["/exp"]} -> tensor<4x7xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}} : tensor<4x7xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 1>, keepdims} -> tensor<4x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<4x7xf32>, tensor<4x1xf32>) attributes {nodes = ["/div"]} -> tensor<4x7xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x7xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_other_tensor(%x: tensor<4x7xf32>, %z: tensor<4x7xf32>) -> tensor<4x7xf32> {
  %m = engine.reduce ins(%z : tensor<4x7xf32>) {nodes = ["/m"], kind = "max", axes = array<i64: 1>, keepdims} -> tensor<4x1xf32>
  %e = engine.map ins(%x, %m : tensor<4x7xf32>, tensor<4x1xf32>) -> tensor<4x7xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.subf %p, %q : f32
    %1 = math.exp %0 : f32
    engine.yield %1 : f32
  }
  %s = engine.reduce ins(%e : tensor<4x7xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 1>, keepdims} -> tensor<4x1xf32>
  %y = engine.map ins(%e, %s : tensor<4x7xf32>, tensor<4x1xf32>) -> tensor<4x7xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.divf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<4x7xf32>
}

// CHECK-LABEL: func.func @near_miss_other_tensor
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}} : tensor<4x7xf32>) {nodes = ["/m"], kind = "max", axes = array<i64: 1>, keepdims} -> tensor<4x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<4x7xf32>, tensor<4x1xf32>) -> tensor<4x7xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.reduce ins(%{{.*}} : tensor<4x7xf32>) {nodes = ["/s"], kind = "sum", axes = array<i64: 1>, keepdims} -> tensor<4x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<4x7xf32>, tensor<4x1xf32>) -> tensor<4x7xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x7xf32>
// CHECK-NEXT:    }
