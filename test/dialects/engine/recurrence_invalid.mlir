// RUN: opt-tool %s --split-input-file --verify-diagnostics

// What recurrences check.

func.func @f(%g: tensor<1x8xf32>, %r: tensor<8x8xf32>, %h: tensor<1x8xf32>) {
  // expected-error@below {{'engine.recurrence' takes gates [T, B, G*H] and a weight [H, G*H]}}
  %0, %1 = engine.recurrence %g, %r init(%h : tensor<1x8xf32>) : tensor<1x8xf32>, tensor<8x8xf32> -> tensor<5x1x8xf32>, tensor<1x8xf32> {
  ^bb0(%x: f32, %y: f32, %s: f32):
    engine.yield %x : f32
  }
  func.return
}

// -----

func.func @f(%g: tensor<5x1x8xf32>, %r: tensor<8x16xf32>, %h: tensor<1x8xf32>) {
  // expected-error@below {{'engine.recurrence' gates [5, 1, 8] and weight [8, 16] do not fit}}
  %0, %1 = engine.recurrence %g, %r init(%h : tensor<1x8xf32>) : tensor<5x1x8xf32>, tensor<8x16xf32> -> tensor<5x1x8xf32>, tensor<1x8xf32> {
  ^bb0(%x: f32, %y: f32, %s: f32):
    engine.yield %x : f32
  }
  func.return
}

// -----

func.func @f(%g: tensor<5x1x8xf32>, %r: tensor<8x8xf32>, %h: tensor<2x8xf32>) {
  // expected-error@below {{'engine.recurrence' state [2, 8], expected [1, 8]}}
  %0, %1 = engine.recurrence %g, %r init(%h : tensor<2x8xf32>) : tensor<5x1x8xf32>, tensor<8x8xf32> -> tensor<5x1x8xf32>, tensor<1x8xf32> {
  ^bb0(%x: f32, %y: f32, %s: f32):
    engine.yield %x : f32
  }
  func.return
}

// -----

func.func @f(%g: tensor<5x1x8xf32>, %r: tensor<8x8xf32>, %h: tensor<1x8xf32>, %e: tensor<3x1x8xf32>) {
  // expected-error@below {{'engine.recurrence' extra [3, 1, 8] does not broadcast to [1, 8]}}
  %0, %1 = engine.recurrence %g, %r init(%h : tensor<1x8xf32>) extra(%e : tensor<3x1x8xf32>) : tensor<5x1x8xf32>, tensor<8x8xf32> -> tensor<5x1x8xf32>, tensor<1x8xf32> {
  ^bb0(%x: f32, %y: f32, %s: f32):
    engine.yield %x : f32
  }
  func.return
}

// -----

func.func @f(%g: tensor<5x1x8xf32>, %r: tensor<8x8xf32>, %h: tensor<1x8xf32>) {
  // expected-error@below {{'engine.recurrence' region takes (f32, f32), expected (f32, f32, f32)}}
  %0, %1 = engine.recurrence %g, %r init(%h : tensor<1x8xf32>) : tensor<5x1x8xf32>, tensor<8x8xf32> -> tensor<5x1x8xf32>, tensor<1x8xf32> {
  ^bb0(%x: f32, %s: f32):
    engine.yield %x : f32
  }
  func.return
}

// -----

func.func @f(%g: tensor<5x2x8xf32>, %r: tensor<8x8xf32>, %h: tensor<2x8xf32>, %n: tensor<3xi32>) {
  // expected-error@below {{'engine.recurrence' lengths [3], expected [2]}}
  %0, %1 = engine.recurrence %g, %r init(%h : tensor<2x8xf32>) lengths(%n : tensor<3xi32>) : tensor<5x2x8xf32>, tensor<8x8xf32> -> tensor<5x2x8xf32>, tensor<2x8xf32> {
  ^bb0(%x: f32, %y: f32, %s: f32):
    engine.yield %x : f32
  }
  func.return
}

// -----

func.func @f(%g: tensor<5x2x8xf32>, %r: tensor<8x8xf32>, %h: tensor<2x8xf32>, %n: tensor<2xf32>) {
  // expected-error@below {{'engine.recurrence' lengths are f32, expected integers}}
  %0, %1 = engine.recurrence %g, %r init(%h : tensor<2x8xf32>) lengths(%n : tensor<2xf32>) : tensor<5x2x8xf32>, tensor<8x8xf32> -> tensor<5x2x8xf32>, tensor<2x8xf32> {
  ^bb0(%x: f32, %y: f32, %s: f32):
    engine.yield %x : f32
  }
  func.return
}

// -----

func.func @f(%g: tensor<5x1x16xf32>, %r: tensor<8x8xf32>, %h: tensor<1x8xf32>, %w: tensor<8x8xf32>) {
  // expected-error@below {{'engine.recurrence' needs both a second weight and its region, or neither}}
  %0, %1 = engine.recurrence %g, %r init(%h : tensor<1x8xf32>) second(%w : tensor<8x8xf32>) : tensor<5x1x16xf32>, tensor<8x8xf32> -> tensor<5x1x8xf32>, tensor<1x8xf32> {
  ^bb0(%x0: f32, %x1: f32, %y0: f32, %y1: f32, %s: f32):
    engine.yield %x0 : f32
  }
  func.return
}

// -----

func.func @f(%g: tensor<5x1x16xf32>, %r: tensor<8x8xf32>, %h: tensor<1x8xf32>, %w: tensor<4x8xf32>) {
  // expected-error@below {{'engine.recurrence' gates [5, 1, 16] and weights [8, 8], [4, 8] do not fit}}
  %0, %1 = engine.recurrence %g, %r init(%h : tensor<1x8xf32>) second(%w : tensor<4x8xf32>) : tensor<5x1x16xf32>, tensor<8x8xf32> -> tensor<5x1x8xf32>, tensor<1x8xf32> {
  ^bb0(%x0: f32, %x1: f32, %y0: f32, %y1: f32, %s: f32):
    engine.yield %x0 : f32
  } second {
  ^bb0(%x0: f32, %x1: f32, %y0: f32, %s: f32):
    engine.yield %x0 : f32
  }
  func.return
}

// -----

func.func @f(%g: tensor<5x1x16xf32>, %r: tensor<8x8xf32>, %h: tensor<1x8xf32>, %w: tensor<8x8xf32>) {
  // expected-error@below {{'engine.recurrence' region takes (f32, f32, f32), expected (f32, f32, f32, f32)}}
  %0, %1 = engine.recurrence %g, %r init(%h : tensor<1x8xf32>) second(%w : tensor<8x8xf32>) : tensor<5x1x16xf32>, tensor<8x8xf32> -> tensor<5x1x8xf32>, tensor<1x8xf32> {
  ^bb0(%x0: f32, %x1: f32, %y0: f32, %y1: f32, %s: f32):
    engine.yield %x0 : f32
  } second {
  ^bb0(%x0: f32, %x1: f32, %s: f32):
    engine.yield %x0 : f32
  }
  func.return
}
