// RUN: %roundtrip
// RUN: %generic_roundtrip

// Recurrent layers, the cell as a scalar region.

// One gate, one state.
// CHECK-LABEL:  func.func @rnn(%g: tensor<5x1x8xf32>, %r: tensor<8x8xf32>, %h: tensor<1x8xf32>) -> (tensor<5x1x8xf32>, tensor<1x8xf32>) {
// CHECK-NEXT:    %ys, %h1 = engine.recurrence %g, %r init(%h : tensor<1x8xf32>) {reverse} : tensor<5x1x8xf32>, tensor<8x8xf32> -> tensor<5x1x8xf32>, tensor<1x8xf32> {
// CHECK-NEXT:    ^bb0(%x: f32, %y: f32, %s: f32):
// CHECK-NEXT:      %0 = arith.addf %x, %y : f32
// CHECK-NEXT:      %1 = math.tanh %0 : f32
// CHECK-NEXT:      engine.yield %1 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %ys, %h1 : tensor<5x1x8xf32>, tensor<1x8xf32>
// CHECK-NEXT:    }
func.func @rnn(%g: tensor<5x1x8xf32>, %r: tensor<8x8xf32>, %h: tensor<1x8xf32>) -> (tensor<5x1x8xf32>, tensor<1x8xf32>) {
  %ys, %h1 = engine.recurrence %g, %r init(%h : tensor<1x8xf32>) {reverse} : tensor<5x1x8xf32>, tensor<8x8xf32> -> tensor<5x1x8xf32>, tensor<1x8xf32> {
  ^bb0(%x: f32, %y: f32, %s: f32):
    %0 = arith.addf %x, %y : f32
    %1 = math.tanh %0 : f32
    engine.yield %1 : f32
  }
  func.return %ys, %h1 : tensor<5x1x8xf32>, tensor<1x8xf32>
}

// Two gates, two states and an operand of the cell, into memory.
// CHECK-LABEL:  func.func @planned(%g: memref<5x1x8xf32>, %r: memref<4x8xf32>, %h: memref<1x4xf32>, %c: memref<1x4xf32>, %p: memref<4xf32>, %ys: memref<5x1x4xf32>, %h1: memref<1x4xf32>, %c1: memref<1x4xf32>) {
// CHECK-NEXT:    engine.recurrence %g, %r init(%h, %c : memref<1x4xf32>, memref<1x4xf32>) extra(%p : memref<4xf32>) outs(%ys, %h1, %c1 : memref<5x1x4xf32>, memref<1x4xf32>, memref<1x4xf32>) : memref<5x1x8xf32>, memref<4x8xf32> {
// CHECK-NEXT:    ^bb0(%x0: f32, %x1: f32, %y0: f32, %y1: f32, %s: f32, %t: f32, %q: f32):
// CHECK-NEXT:      %0 = arith.addf %x0, %y0 : f32
// CHECK-NEXT:      %1 = arith.mulf %q, %t : f32
// CHECK-NEXT:      engine.yield %0, %1 : f32, f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return
// CHECK-NEXT:    }
func.func @planned(%g: memref<5x1x8xf32>, %r: memref<4x8xf32>, %h: memref<1x4xf32>, %c: memref<1x4xf32>, %p: memref<4xf32>, %ys: memref<5x1x4xf32>, %h1: memref<1x4xf32>, %c1: memref<1x4xf32>) {
  engine.recurrence %g, %r init(%h, %c : memref<1x4xf32>, memref<1x4xf32>) extra(%p : memref<4xf32>) outs(%ys, %h1, %c1 : memref<5x1x4xf32>, memref<1x4xf32>, memref<1x4xf32>) : memref<5x1x8xf32>, memref<4x8xf32> {
  ^bb0(%x0: f32, %x1: f32, %y0: f32, %y1: f32, %s: f32, %t: f32, %q: f32):
    %0 = arith.addf %x0, %y0 : f32
    %1 = arith.mulf %q, %t : f32
    engine.yield %0, %1 : f32, f32
  }
  func.return
}

// A second product of what the first one scales, in rows of their own lengths.
// CHECK-LABEL:  func.func @two_products(%g: tensor<5x2x16xf32>, %r: tensor<8x8xf32>, %h: tensor<2x8xf32>, %n: tensor<2xi32>, %s: tensor<8x8xf32>) -> (tensor<5x2x8xf32>, tensor<2x8xf32>) {
// CHECK-NEXT:    %ys, %h1 = engine.recurrence %g, %r init(%h : tensor<2x8xf32>) lengths(%n : tensor<2xi32>) second(%s : tensor<8x8xf32>) : tensor<5x2x16xf32>, tensor<8x8xf32> -> tensor<5x2x8xf32>, tensor<2x8xf32> {
// CHECK-NEXT:    ^bb0(%x0: f32, %x1: f32, %y0: f32, %y1: f32, %t: f32):
// CHECK-NEXT:      %0 = arith.addf %x1, %y1 : f32
// CHECK-NEXT:      %1 = math.tanh %0 : f32
// CHECK-NEXT:      engine.yield %1 : f32
// CHECK-NEXT:    } second {
// CHECK-NEXT:    ^bb0(%x0_1: f32, %x1_1: f32, %y0_1: f32, %t_1: f32):
// CHECK-NEXT:      %2 = arith.addf %x0_1, %y0_1 : f32
// CHECK-NEXT:      %3 = arith.mulf %2, %t_1 : f32
// CHECK-NEXT:      engine.yield %3 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %ys, %h1 : tensor<5x2x8xf32>, tensor<2x8xf32>
// CHECK-NEXT:  }
func.func @two_products(%g: tensor<5x2x16xf32>, %r: tensor<8x8xf32>, %h: tensor<2x8xf32>, %n: tensor<2xi32>, %s: tensor<8x8xf32>) -> (tensor<5x2x8xf32>, tensor<2x8xf32>) {
  %ys, %h1 = engine.recurrence %g, %r init(%h : tensor<2x8xf32>) lengths(%n : tensor<2xi32>) second(%s : tensor<8x8xf32>) : tensor<5x2x16xf32>, tensor<8x8xf32> -> tensor<5x2x8xf32>, tensor<2x8xf32> {
  ^bb0(%x0: f32, %x1: f32, %y0: f32, %y1: f32, %t: f32):
    %0 = arith.addf %x1, %y1 : f32
    %1 = math.tanh %0 : f32
    engine.yield %1 : f32
  } second {
  ^bb0(%x0: f32, %x1: f32, %y0: f32, %t: f32):
    %0 = arith.addf %x0, %y0 : f32
    %1 = arith.mulf %0, %t : f32
    engine.yield %1 : f32
  }
  func.return %ys, %h1 : tensor<5x2x8xf32>, tensor<2x8xf32>
}
