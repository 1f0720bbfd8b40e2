// RUN: opt-tool %s --split-input-file -p 'optimize{only=recurrence-of-cells exactness=rounding}' --check-numerics | filecheck %s

// Cells one after another are a recurrence, whatever they compute.
//
//     h[t] = cell(h[t-1] @ r, x[t], c[t-1]), t = 1..n => recurrence(x, r, h[0], c[0]) if r is a
//     constant, n is two or more, the steps are alike, and nothing reads a state before the last one
//     is there, nor anything else of a step.

// The cell is all in the product: h = tanh(h @ r + x). All states are read.
func.func @plain(%x1: tensor<2x2xf32>, %x2: tensor<2x2xf32>, %x3: tensor<2x2xf32>, %h0: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) {
  %r = engine.constant dense<[[0.5, -0.25], [0.125, 0.75]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %h1 = engine.matmul %h0, %r epilogue(%x1 : tensor<2x2xf32>) : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    %t = math.tanh %s : f32
    engine.yield %t : f32
  }
  %h2 = engine.matmul %h1, %r epilogue(%x2 : tensor<2x2xf32>) : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    %t = math.tanh %s : f32
    engine.yield %t : f32
  }
  %h3 = engine.matmul %h2, %r epilogue(%x3 : tensor<2x2xf32>) : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    %t = math.tanh %s : f32
    engine.yield %t : f32
  }
  func.return %h1, %h2, %h3 : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>
}

// CHECK-LABEL: func.func @plain
// CHECK:         %[[X:.*]] = engine.concat %{{.*}}, %{{.*}}, %{{.*}} {rewrites = ["recurrence-of-cells"], axis = 0 : i64} : {{.*}} -> tensor<3x2x2xf32>
// CHECK:         %[[YS:.*]], %[[H:.*]] = engine.recurrence %[[X]], %r init(%h0 : tensor<2x2xf32>) {rewrites = ["recurrence-of-cells"]}
// CHECK-NEXT:    ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:      arith.addf
// CHECK-NEXT:      math.tanh
// CHECK-NEXT:      engine.yield
// CHECK-NOT:     engine.matmul

// -----

// Two gates, two states, a bias, and what comes in through one product for each step, which become
// one. Of the second state the last one is read, of the first one two.
func.func @two_states(%u1: tensor<3x3xf32>, %u2: tensor<3x3xf32>, %u3: tensor<3x3xf32>, %h0: tensor<3x2xf32>, %c0: tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>) {
  %r = engine.constant dense<[[0.5, -0.25], [0.125, 0.75], [0.3, 0.1], [-0.6, 0.2]]> : tensor<4x2xf32> -> tensor<4x2xf32>
  %w = engine.constant dense<[[0.5, -0.25, 1.0, 2.0], [0.125, 0.75, -1.0, 0.5], [0.5, 0.25, 1.5, -0.75]]> : tensor<3x4xf32> -> tensor<3x4xf32>
  %b = engine.constant dense<[0.5, -0.25, 0.125, 1.0]> : tensor<4xf32> -> tensor<4xf32>
  %x1 = engine.matmul %u1, %w : tensor<3x3xf32>, tensor<3x4xf32> -> tensor<3x4xf32>
  %g1 = engine.matmul %h0, %r epilogue(%b, %x1 : tensor<4xf32>, tensor<3x4xf32>) {trans_rhs} : tensor<3x2xf32>, tensor<4x2xf32> -> tensor<3x4xf32> {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.addf %p, %q : f32
    %1 = arith.addf %0, %s : f32
    engine.yield %1 : f32
  }
  %a1 = engine.slice %g1 {starts = array<i64: 0, 0>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %o1 = engine.slice %g1 {starts = array<i64: 0, 2>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %c1 = engine.map ins(%a1, %c0 : tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = math.tanh %p : f32
    %1 = arith.mulf %0, %q : f32
    %2 = arith.addf %1, %p : f32
    engine.yield %2 : f32
  }
  %h1 = engine.map ins(%c1, %o1, %h0 : tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32> {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = math.tanh %p : f32
    %1 = arith.mulf %0, %q : f32
    %2 = arith.addf %1, %s : f32
    engine.yield %2 : f32
  }
  %x2 = engine.matmul %u2, %w : tensor<3x3xf32>, tensor<3x4xf32> -> tensor<3x4xf32>
  %g2 = engine.matmul %h1, %r epilogue(%b, %x2 : tensor<4xf32>, tensor<3x4xf32>) {trans_rhs} : tensor<3x2xf32>, tensor<4x2xf32> -> tensor<3x4xf32> {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.addf %p, %q : f32
    %1 = arith.addf %0, %s : f32
    engine.yield %1 : f32
  }
  %a2 = engine.slice %g2 {starts = array<i64: 0, 0>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %o2 = engine.slice %g2 {starts = array<i64: 0, 2>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %c2 = engine.map ins(%a2, %c1 : tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = math.tanh %p : f32
    %1 = arith.mulf %0, %q : f32
    %2 = arith.addf %1, %p : f32
    engine.yield %2 : f32
  }
  %h2 = engine.map ins(%c2, %o2, %h1 : tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32> {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = math.tanh %p : f32
    %1 = arith.mulf %0, %q : f32
    %2 = arith.addf %1, %s : f32
    engine.yield %2 : f32
  }
  %x3 = engine.matmul %u3, %w : tensor<3x3xf32>, tensor<3x4xf32> -> tensor<3x4xf32>
  %g3 = engine.matmul %h2, %r epilogue(%b, %x3 : tensor<4xf32>, tensor<3x4xf32>) {trans_rhs} : tensor<3x2xf32>, tensor<4x2xf32> -> tensor<3x4xf32> {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.addf %p, %q : f32
    %1 = arith.addf %0, %s : f32
    engine.yield %1 : f32
  }
  %a3 = engine.slice %g3 {starts = array<i64: 0, 0>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %o3 = engine.slice %g3 {starts = array<i64: 0, 2>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %c3 = engine.map ins(%a3, %c2 : tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = math.tanh %p : f32
    %1 = arith.mulf %0, %q : f32
    %2 = arith.addf %1, %p : f32
    engine.yield %2 : f32
  }
  %h3 = engine.map ins(%c3, %o3, %h2 : tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32> {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = math.tanh %p : f32
    %1 = arith.mulf %0, %q : f32
    %2 = arith.addf %1, %s : f32
    engine.yield %2 : f32
  }
  func.return %h2, %h3, %c3 : tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>
}

// CHECK-LABEL: func.func @two_states
// CHECK:         %[[X:.*]] = engine.matmul %{{.*}}, %w {rewrites = ["recurrence-of-cells"]} : tensor<3x3x3xf32>, tensor<3x4xf32> -> tensor<3x3x4xf32>
// CHECK:         engine.recurrence %[[X]], %{{.*}} init(%h0, %c0 : tensor<3x2xf32>, tensor<3x2xf32>) extra(%{{.*}}, %{{.*}} : tensor<2xf32>, tensor<2xf32>) {rewrites = ["recurrence-of-cells"]} : tensor<3x3x4xf32>, tensor<2x4xf32> -> tensor<3x3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>
// CHECK-NOT:     engine.matmul

// -----

// What comes in is the columns of one value, in another order than that of the gates. The state is
// seen as another shape before the last one is there, and read behind it.
func.func @columns(%x1: tensor<3x4xf32>, %x2: tensor<3x4xf32>, %h0: tensor<3x2xf32>) -> (tensor<1x3x2xf32>, tensor<3x2xf32>) {
  %r = engine.constant dense<[[0.5, 0.125, 0.3, -0.6], [-0.25, 0.75, 0.1, 0.2]]> : tensor<2x4xf32> -> tensor<2x4xf32>
  %g1 = engine.matmul %h0, %r : tensor<3x2xf32>, tensor<2x4xf32> -> tensor<3x4xf32>
  %a1 = engine.slice %g1 {starts = array<i64: 0, 0>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %o1 = engine.slice %g1 {starts = array<i64: 0, 2>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %y1 = engine.slice %x1 {starts = array<i64: 0, 2>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %z1 = engine.slice %x1 {starts = array<i64: 0, 0>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %h1 = engine.map ins(%y1, %o1, %a1, %z1, %h0 : tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32> {
  ^bb0(%p: f32, %q: f32, %s: f32, %t: f32, %u: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = math.tanh %0 : f32
    %2 = arith.addf %s, %t : f32
    %3 = arith.mulf %2, %u : f32
    %4 = arith.addf %1, %3 : f32
    engine.yield %4 : f32
  }
  %v = engine.reshape %h1 : tensor<3x2xf32> -> tensor<1x3x2xf32>
  %g2 = engine.matmul %h1, %r : tensor<3x2xf32>, tensor<2x4xf32> -> tensor<3x4xf32>
  %a2 = engine.slice %g2 {starts = array<i64: 0, 0>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %o2 = engine.slice %g2 {starts = array<i64: 0, 2>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %y2 = engine.slice %x2 {starts = array<i64: 0, 2>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %z2 = engine.slice %x2 {starts = array<i64: 0, 0>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %h2 = engine.map ins(%y2, %o2, %a2, %z2, %h1 : tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32> {
  ^bb0(%p: f32, %q: f32, %s: f32, %t: f32, %u: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = math.tanh %0 : f32
    %2 = arith.addf %s, %t : f32
    %3 = arith.mulf %2, %u : f32
    %4 = arith.addf %1, %3 : f32
    engine.yield %4 : f32
  }
  func.return %v, %h2 : tensor<1x3x2xf32>, tensor<3x2xf32>
}

// CHECK-LABEL: func.func @columns
// CHECK:         engine.recurrence %{{.*}}, %r init(%h0 : tensor<3x2xf32>) {rewrites = ["recurrence-of-cells"]} : tensor<2x3x4xf32>
// CHECK-NOT:     engine.matmul

// -----

// A state is read before the last one is there.
func.func @near_miss_read_between(%x1: tensor<2x2xf32>, %x2: tensor<2x2xf32>, %x3: tensor<2x2xf32>, %h0: tensor<2x2xf32>, %k: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>) {
  %r = engine.constant dense<[[0.5, -0.25], [0.125, 0.75]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %h1 = engine.matmul %h0, %r epilogue(%x1 : tensor<2x2xf32>) : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    %t = math.tanh %s : f32
    engine.yield %t : f32
  }
  %n = engine.softmax %h1 {axis = 1 : i64} : tensor<2x2xf32> -> tensor<2x2xf32>
  %h2 = engine.matmul %h1, %r epilogue(%n : tensor<2x2xf32>) : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    %t = math.tanh %s : f32
    engine.yield %t : f32
  }
  func.return %h1, %h2 : tensor<2x2xf32>, tensor<2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_read_between
// CHECK-NOT:     engine.recurrence

// -----

// One step is another one.
func.func @near_miss_other_step(%x1: tensor<2x2xf32>, %x2: tensor<2x2xf32>, %x3: tensor<2x2xf32>, %h0: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %r = engine.constant dense<[[0.5, -0.25], [0.125, 0.75]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %h1 = engine.matmul %h0, %r epilogue(%x1 : tensor<2x2xf32>) : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    %t = math.tanh %s : f32
    engine.yield %t : f32
  }
  %h2 = engine.matmul %h1, %r epilogue(%x2 : tensor<2x2xf32>) : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    %t = math.absf %s : f32
    engine.yield %t : f32
  }
  %h3 = engine.matmul %h2, %r epilogue(%x3 : tensor<2x2xf32>) : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    %t = math.tanh %s : f32
    engine.yield %t : f32
  }
  func.return %h3 : tensor<2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_other_step
// CHECK-NOT:     engine.recurrence

// -----

// The weights are those of the call.
func.func @near_miss_weights(%x1: tensor<2x2xf32>, %x2: tensor<2x2xf32>, %x3: tensor<2x2xf32>, %h0: tensor<2x2xf32>, %r: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %h1 = engine.matmul %h0, %r epilogue(%x1 : tensor<2x2xf32>) : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    %t = math.tanh %s : f32
    engine.yield %t : f32
  }
  %h2 = engine.matmul %h1, %r epilogue(%x2 : tensor<2x2xf32>) : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    %t = math.tanh %s : f32
    engine.yield %t : f32
  }
  func.return %h2 : tensor<2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_weights
// CHECK-NOT:     engine.recurrence

// -----

// Each step has weights of its own: layers, not steps.
func.func @near_miss_layers(%x1: tensor<2x2xf32>, %x2: tensor<2x2xf32>, %x3: tensor<2x2xf32>, %h0: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %r = engine.constant dense<[[0.5, -0.25], [0.125, 0.75]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %r2 = engine.constant dense<[[0.25, -0.5], [0.75, 0.125]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %h1 = engine.matmul %h0, %r epilogue(%x1 : tensor<2x2xf32>) : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    %t = math.tanh %s : f32
    engine.yield %t : f32
  }
  %h2 = engine.matmul %h1, %r2 epilogue(%x2 : tensor<2x2xf32>) : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    %t = math.tanh %s : f32
    engine.yield %t : f32
  }
  func.return %h2 : tensor<2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_layers
// CHECK-NOT:     engine.recurrence

// -----

// Two products of one weight beside each other.
func.func @near_miss_beside(%x1: tensor<2x2xf32>, %x2: tensor<2x2xf32>, %x3: tensor<2x2xf32>, %h0: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>) {
  %r = engine.constant dense<[[0.5, -0.25], [0.125, 0.75]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %h1 = engine.matmul %h0, %r epilogue(%x1 : tensor<2x2xf32>) : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    %t = math.tanh %s : f32
    engine.yield %t : f32
  }
  %h2 = engine.matmul %h0, %r epilogue(%x2 : tensor<2x2xf32>) : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    %t = math.tanh %s : f32
    engine.yield %t : f32
  }
  func.return %h1, %h2 : tensor<2x2xf32>, tensor<2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_beside
// CHECK-NOT:     engine.recurrence

// -----

// A gate is an output.
func.func @near_miss_gate(%x1: tensor<3x4xf32>, %x2: tensor<3x4xf32>, %h0: tensor<3x2xf32>) -> (tensor<3x4xf32>, tensor<3x2xf32>) {
  %r = engine.constant dense<[[0.5, 0.125, 0.3, -0.6], [-0.25, 0.75, 0.1, 0.2]]> : tensor<2x4xf32> -> tensor<2x4xf32>
  %g1 = engine.matmul %h0, %r : tensor<3x2xf32>, tensor<2x4xf32> -> tensor<3x4xf32>
  %a1 = engine.slice %g1 {starts = array<i64: 0, 0>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %o1 = engine.slice %g1 {starts = array<i64: 0, 2>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %y1 = engine.slice %x1 {starts = array<i64: 0, 2>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %z1 = engine.slice %x1 {starts = array<i64: 0, 0>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %h1 = engine.map ins(%y1, %o1, %a1, %z1, %h0 : tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32> {
  ^bb0(%p: f32, %q: f32, %s: f32, %t: f32, %u: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = math.tanh %0 : f32
    %2 = arith.addf %s, %t : f32
    %3 = arith.mulf %2, %u : f32
    %4 = arith.addf %1, %3 : f32
    engine.yield %4 : f32
  }
  %g2 = engine.matmul %h1, %r : tensor<3x2xf32>, tensor<2x4xf32> -> tensor<3x4xf32>
  %a2 = engine.slice %g2 {starts = array<i64: 0, 0>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %o2 = engine.slice %g2 {starts = array<i64: 0, 2>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %y2 = engine.slice %x2 {starts = array<i64: 0, 2>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %z2 = engine.slice %x2 {starts = array<i64: 0, 0>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %h2 = engine.map ins(%y2, %o2, %a2, %z2, %h1 : tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32> {
  ^bb0(%p: f32, %q: f32, %s: f32, %t: f32, %u: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = math.tanh %0 : f32
    %2 = arith.addf %s, %t : f32
    %3 = arith.mulf %2, %u : f32
    %4 = arith.addf %1, %3 : f32
    engine.yield %4 : f32
  }
  func.return %g1, %h2 : tensor<3x4xf32>, tensor<3x2xf32>
}

// CHECK-LABEL: func.func @near_miss_gate
// CHECK-NOT:     engine.recurrence

// -----

// The second state is read before the last one is there: results have the first one of all steps.
func.func @near_miss_second_state(%u1: tensor<3x3xf32>, %u2: tensor<3x3xf32>, %u3: tensor<3x3xf32>, %h0: tensor<3x2xf32>, %c0: tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>) {
  %r = engine.constant dense<[[0.5, -0.25], [0.125, 0.75], [0.3, 0.1], [-0.6, 0.2]]> : tensor<4x2xf32> -> tensor<4x2xf32>
  %w = engine.constant dense<[[0.5, -0.25, 1.0, 2.0], [0.125, 0.75, -1.0, 0.5], [0.5, 0.25, 1.5, -0.75]]> : tensor<3x4xf32> -> tensor<3x4xf32>
  %b = engine.constant dense<[0.5, -0.25, 0.125, 1.0]> : tensor<4xf32> -> tensor<4xf32>
  %x1 = engine.matmul %u1, %w : tensor<3x3xf32>, tensor<3x4xf32> -> tensor<3x4xf32>
  %g1 = engine.matmul %h0, %r epilogue(%b, %x1 : tensor<4xf32>, tensor<3x4xf32>) {trans_rhs} : tensor<3x2xf32>, tensor<4x2xf32> -> tensor<3x4xf32> {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.addf %p, %q : f32
    %1 = arith.addf %0, %s : f32
    engine.yield %1 : f32
  }
  %a1 = engine.slice %g1 {starts = array<i64: 0, 0>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %o1 = engine.slice %g1 {starts = array<i64: 0, 2>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %c1 = engine.map ins(%a1, %c0 : tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = math.tanh %p : f32
    %1 = arith.mulf %0, %q : f32
    %2 = arith.addf %1, %p : f32
    engine.yield %2 : f32
  }
  %h1 = engine.map ins(%c1, %o1, %h0 : tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32> {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = math.tanh %p : f32
    %1 = arith.mulf %0, %q : f32
    %2 = arith.addf %1, %s : f32
    engine.yield %2 : f32
  }
  %x2 = engine.matmul %u2, %w : tensor<3x3xf32>, tensor<3x4xf32> -> tensor<3x4xf32>
  %g2 = engine.matmul %h1, %r epilogue(%b, %x2 : tensor<4xf32>, tensor<3x4xf32>) {trans_rhs} : tensor<3x2xf32>, tensor<4x2xf32> -> tensor<3x4xf32> {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.addf %p, %q : f32
    %1 = arith.addf %0, %s : f32
    engine.yield %1 : f32
  }
  %a2 = engine.slice %g2 {starts = array<i64: 0, 0>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %o2 = engine.slice %g2 {starts = array<i64: 0, 2>, sizes = array<i64: 3, 2>, steps = array<i64: 1, 1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  %c2 = engine.map ins(%a2, %c1 : tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = math.tanh %p : f32
    %1 = arith.mulf %0, %q : f32
    %2 = arith.addf %1, %p : f32
    engine.yield %2 : f32
  }
  %h2 = engine.map ins(%c2, %o2, %h1 : tensor<3x2xf32>, tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32> {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = math.tanh %p : f32
    %1 = arith.mulf %0, %q : f32
    %2 = arith.addf %1, %s : f32
    engine.yield %2 : f32
  }
  func.return %h2, %c1 : tensor<3x2xf32>, tensor<3x2xf32>
}

// CHECK-LABEL: func.func @near_miss_second_state
// CHECK-NOT:     engine.recurrence

// -----

// Nothing comes in.
func.func @near_miss_alone(%h0: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %r = engine.constant dense<[[0.5, -0.25], [0.125, 0.75]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %h1 = engine.matmul %h0, %r : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32>
  %h2 = engine.matmul %h1, %r : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32>
  func.return %h2 : tensor<2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_alone
// CHECK-NOT:     engine.recurrence
