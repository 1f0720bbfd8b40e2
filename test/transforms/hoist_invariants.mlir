// RUN: opt-tool %s --split-input-file -p 'hoist-invariants' | filecheck %s

// What reads nothing of the loop moves in front of it, with what reads that; the rest stays.

func.func @moves(%n: tensor<i64>, %x: tensor<4x4xf32>, %s: tensor<4x1xf32>) -> tensor<4x1xf32> {
  %y = engine.loop limit(%n : tensor<i64>) carry(%s : tensor<4x1xf32>) -> tensor<4x1xf32> {
  ^bb0(%i: tensor<i64>, %v: tensor<4x1xf32>):
    %a = engine.softmax %x {axis = 1 : i64} : tensor<4x4xf32> -> tensor<4x4xf32>
    %b = engine.softmax %a {axis = 0 : i64} : tensor<4x4xf32> -> tensor<4x4xf32>
    %c = engine.matmul %b, %v : tensor<4x4xf32>, tensor<4x1xf32> -> tensor<4x1xf32>
    engine.yield %c : tensor<4x1xf32>
  }
  func.return %y : tensor<4x1xf32>
}

// CHECK-LABEL: func.func @moves
// CHECK-NEXT:    %[[A:.*]] = engine.softmax %x {axis = 1 : i64}
// CHECK-NEXT:    %[[B:.*]] = engine.softmax %[[A]] {axis = 0 : i64}
// CHECK-NEXT:    %{{.*}} = engine.loop
// CHECK-NEXT:    ^bb0(%i: tensor<i64>, %[[V:.*]]: tensor<4x1xf32>):
// CHECK-NEXT:      %{{.*}} = engine.matmul %[[B]], %[[V]]

// -----

// A value that is carried unchanged is read from outside, and what depends on it moves.

func.func @unchanged(%n: tensor<i64>, %x: tensor<4xf32>, %s: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %y, %z = engine.loop limit(%n : tensor<i64>) carry(%x, %s : tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>, tensor<4xf32> {
  ^bb0(%i: tensor<i64>, %u: tensor<4xf32>, %v: tensor<4xf32>):
    %a = engine.softmax %u {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
    %b = engine.map ins(%a, %v : tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32> {
    ^bb1(%p: f32, %q: f32):
      %0 = arith.addf %p, %q : f32
      engine.yield %0 : f32
    }
    engine.yield %u, %b : tensor<4xf32>, tensor<4xf32>
  }
  func.return %y, %z : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @unchanged
// CHECK-NEXT:    %[[A:.*]] = engine.softmax %x
// CHECK-NEXT:    %[[Z:.*]] = engine.loop limit(%n : tensor<i64>) carry(%s : tensor<4xf32>)
// CHECK:           %{{.*}} = engine.map ins(%[[A]], %
// CHECK:         func.return %x, %[[Z]]

// -----

// What may fail stays: a loop without trips does not look at the index. So does what a branch does.

func.func @stays(%n: tensor<i64>, %on: tensor<i1>, %x: tensor<4xf32>, %at: tensor<4xi64>) -> tensor<4xf32> {
  %y = engine.loop limit(%n : tensor<i64>) carry(%x : tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%i: tensor<i64>, %v: tensor<4xf32>):
    %a = engine.gather %x, %at {axis = 0 : i64} : tensor<4xf32>, tensor<4xi64> -> tensor<4xf32>
    %b = engine.if %on : tensor<i1> -> tensor<4xf32> {
      %c = engine.softmax %x {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
      engine.yield %c : tensor<4xf32>
    } else {
      engine.yield %v : tensor<4xf32>
    }
    %d = engine.map ins(%a, %b : tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32> {
    ^bb1(%p: f32, %q: f32):
      %0 = arith.addf %p, %q : f32
      engine.yield %0 : f32
    }
    engine.yield %d : tensor<4xf32>
  }
  func.return %y : tensor<4xf32>
}

// CHECK-LABEL: func.func @stays
// CHECK-NEXT:    %{{.*}} = engine.loop
// CHECK:           %{{.*}} = engine.gather
// CHECK-NEXT:      %{{.*}} = engine.if
// CHECK-NEXT:        %{{.*}} = engine.softmax

// -----

// Out of a loop in a loop as far as it can: of both, or of the inner one.

func.func @nested(%n: tensor<i64>, %x: tensor<4xf32>) -> tensor<4xf32> {
  %y = engine.loop limit(%n : tensor<i64>) carry(%x : tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%i: tensor<i64>, %u: tensor<4xf32>):
    %z = engine.loop limit(%n : tensor<i64>) carry(%u : tensor<4xf32>) -> tensor<4xf32> {
    ^bb1(%j: tensor<i64>, %v: tensor<4xf32>):
      %a = engine.softmax %x {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
      %b = engine.softmax %u {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
      %c = engine.map ins(%a, %b, %v : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32> {
      ^bb2(%p: f32, %q: f32, %r: f32):
        %0 = arith.addf %p, %q : f32
        %1 = arith.addf %0, %r : f32
        engine.yield %1 : f32
      }
      engine.yield %c : tensor<4xf32>
    }
    engine.yield %z : tensor<4xf32>
  }
  func.return %y : tensor<4xf32>
}

// CHECK-LABEL: func.func @nested
// CHECK-NEXT:    %[[A:.*]] = engine.softmax %x
// CHECK-NEXT:    %{{.*}} = engine.loop
// CHECK-NEXT:    ^bb0(%i: tensor<i64>, %[[U:.*]]: tensor<4xf32>):
// CHECK-NEXT:      %[[B:.*]] = engine.softmax %[[U]]
// CHECK-NEXT:      %{{.*}} = engine.loop
// CHECK:             %{{.*}} = engine.map ins(%[[A]], %[[B]],
