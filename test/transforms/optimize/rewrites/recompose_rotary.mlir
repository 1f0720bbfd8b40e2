// RUN: opt-tool %s --split-input-file -p 'optimize{only=recompose-rotary exactness=rounding}' --check-numerics | filecheck %s

// Halves of rows exchanged, one of them negated.

func.func @halves(%x: tensor<2x3x8xf32>, %z: tensor<2x3x8xf32>, %c: tensor<8xf32>, %s: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %a = engine.slice %x {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %b = engine.slice %x {starts = array<i64: 0, 0, 4>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %n = engine.map ins(%b : tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32):
    %m = arith.negf %p : f32
    engine.yield %m : f32
  }
  %t = engine.concat %n, %a {axis = 2 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x8xf32>
  %y = engine.map ins(%x, %c, %t, %s : tensor<2x3x8xf32>, tensor<8xf32>, tensor<2x3x8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32, %r: f32, %o: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %r, %o : f32
    %g = arith.addf %e, %f : f32
    engine.yield %g : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @halves
// CHECK-NEXT:      %{{.*}} = engine.rotary %{{.*}}, %{{.*}}, %{{.*}} {rewrites = ["recompose-rotary"]} : tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

func.func @scaled(%x: tensor<2x3x8xf32>, %z: tensor<2x3x8xf32>, %c: tensor<8xf32>, %s: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %a = engine.slice %x {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %b = engine.slice %x {starts = array<i64: 0, 0, 4>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %n = engine.map ins(%b : tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32):
    %m = arith.negf %p : f32
    engine.yield %m : f32
  }
  %t = engine.concat %n, %a {axis = 2 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x8xf32>
  %y = engine.map ins(%x, %c, %t, %s : tensor<2x3x8xf32>, tensor<8xf32>, tensor<2x3x8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32, %r: f32, %o: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %r, %o : f32
    %g = arith.addf %f, %e : f32
    %k = arith.constant 5.000000e-01 : f32
    %l = arith.mulf %g, %k : f32
    engine.yield %l : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @scaled
// CHECK-NEXT:      %{{.*}} = engine.rotary %{{.*}}, %{{.*}}, %{{.*}} {rewrites = ["recompose-rotary"]} : tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x8xf32>) attributes {rewrites = ["recompose-rotary"]} -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 5.000000e-01 : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

// Neighbours are pairs.
func.func @neighbours(%x: tensor<2x3x8xf32>, %z: tensor<2x3x8xf32>, %c: tensor<8xf32>, %s: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %a = engine.slice %x {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 2>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %b = engine.slice %x {starts = array<i64: 0, 0, 1>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 2>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %n = engine.map ins(%b : tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32):
    %m = arith.negf %p : f32
    engine.yield %m : f32
  }
  %u = engine.reshape %n : tensor<2x3x4xf32> -> tensor<2x3x4x1xf32>
  %v = engine.reshape %a : tensor<2x3x4xf32> -> tensor<2x3x4x1xf32>
  %w = engine.concat %u, %v {axis = 3 : i64} : tensor<2x3x4x1xf32>, tensor<2x3x4x1xf32> -> tensor<2x3x4x2xf32>
  %t = engine.reshape %w : tensor<2x3x4x2xf32> -> tensor<2x3x8xf32>
  %y = engine.map ins(%x, %c, %t, %s : tensor<2x3x8xf32>, tensor<8xf32>, tensor<2x3x8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32, %r: f32, %o: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %r, %o : f32
    %g = arith.addf %e, %f : f32
    engine.yield %g : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @neighbours
// CHECK-NEXT:      %{{.*}} = engine.rotary %{{.*}}, %{{.*}}, %{{.*}} {rewrites = ["recompose-rotary"], interleaved} : tensor<2x3x8xf32>, tensor<8xf32>, tensor<8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

func.func @open(%x: tensor<2x?x8xf32, #engine.sizes<"S">>, %z: tensor<2x?x8xf32, #engine.sizes<"S">>, %c: tensor<8xf32>, %s: tensor<8xf32>) -> tensor<2x?x8xf32, #engine.sizes<"S">> attributes {sizes = #engine.names<S in 1>} {
  %a = engine.slice %x {starts = array<i64: 0, 0, 0>, sizes = #engine.extents<[2, "S", 4]>, steps = array<i64: 1, 1, 1>} : tensor<2x?x8xf32, #engine.sizes<"S">> -> tensor<2x?x4xf32, #engine.sizes<"S">>
  %b = engine.slice %x {starts = array<i64: 0, 0, 4>, sizes = #engine.extents<[2, "S", 4]>, steps = array<i64: 1, 1, 1>} : tensor<2x?x8xf32, #engine.sizes<"S">> -> tensor<2x?x4xf32, #engine.sizes<"S">>
  %n = engine.map ins(%b : tensor<2x?x4xf32, #engine.sizes<"S">>) -> tensor<2x?x4xf32, #engine.sizes<"S">> {
  ^bb0(%p: f32):
    %m = arith.negf %p : f32
    engine.yield %m : f32
  }
  %t = engine.concat %n, %a {axis = 2 : i64} : tensor<2x?x4xf32, #engine.sizes<"S">>, tensor<2x?x4xf32, #engine.sizes<"S">> -> tensor<2x?x8xf32, #engine.sizes<"S">>
  %y = engine.map ins(%x, %c, %t, %s : tensor<2x?x8xf32, #engine.sizes<"S">>, tensor<8xf32>, tensor<2x?x8xf32, #engine.sizes<"S">>, tensor<8xf32>) -> tensor<2x?x8xf32, #engine.sizes<"S">> {
  ^bb0(%p: f32, %q: f32, %r: f32, %o: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %r, %o : f32
    %g = arith.addf %e, %f : f32
    engine.yield %g : f32
  }
  func.return %y : tensor<2x?x8xf32, #engine.sizes<"S">>
}

// CHECK-LABEL: func.func @open
// CHECK-NEXT:      %{{.*}} = engine.rotary %{{.*}}, %{{.*}}, %{{.*}} {rewrites = ["recompose-rotary"]} : tensor<2x?x8xf32, #engine.sizes<"S">>, tensor<8xf32>, tensor<8xf32> -> tensor<2x?x8xf32, #engine.sizes<"S">>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x?x8xf32, #engine.sizes<"S">>
// CHECK-NEXT:    }

// -----

// The first half is negated, not the second.
func.func @near_miss_first(%x: tensor<2x3x8xf32>, %z: tensor<2x3x8xf32>, %c: tensor<8xf32>, %s: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %a = engine.slice %x {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %b = engine.slice %x {starts = array<i64: 0, 0, 4>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %n = engine.map ins(%a : tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32):
    %m = arith.negf %p : f32
    engine.yield %m : f32
  }
  %t = engine.concat %n, %b {axis = 2 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x8xf32>
  %y = engine.map ins(%x, %c, %t, %s : tensor<2x3x8xf32>, tensor<8xf32>, tensor<2x3x8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32, %r: f32, %o: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %r, %o : f32
    %g = arith.addf %e, %f : f32
    engine.yield %g : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_first
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 4>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 2 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<8xf32>, tensor<2x3x8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

// Magnitudes turn nothing.
func.func @near_miss_magnitude(%x: tensor<2x3x8xf32>, %z: tensor<2x3x8xf32>, %c: tensor<8xf32>, %s: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %a = engine.slice %x {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %b = engine.slice %x {starts = array<i64: 0, 0, 4>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %n = engine.map ins(%b : tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32):
    %m = math.absf %p : f32
    engine.yield %m : f32
  }
  %t = engine.concat %n, %a {axis = 2 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x8xf32>
  %y = engine.map ins(%x, %c, %t, %s : tensor<2x3x8xf32>, tensor<8xf32>, tensor<2x3x8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32, %r: f32, %o: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %r, %o : f32
    %g = arith.addf %e, %f : f32
    engine.yield %g : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_magnitude
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 4>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = math.absf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 2 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<8xf32>, tensor<2x3x8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

// The pairs are those of another tensor.
func.func @near_miss_other(%x: tensor<2x3x8xf32>, %z: tensor<2x3x8xf32>, %c: tensor<8xf32>, %s: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %a = engine.slice %z {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %b = engine.slice %z {starts = array<i64: 0, 0, 4>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %n = engine.map ins(%b : tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32):
    %m = arith.negf %p : f32
    engine.yield %m : f32
  }
  %t = engine.concat %n, %a {axis = 2 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x8xf32>
  %y = engine.map ins(%x, %c, %t, %s : tensor<2x3x8xf32>, tensor<8xf32>, tensor<2x3x8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32> {
  ^bb0(%p: f32, %q: f32, %r: f32, %o: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %r, %o : f32
    %g = arith.addf %e, %f : f32
    engine.yield %g : f32
  }
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_other
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 4>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 2 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<8xf32>, tensor<2x3x8xf32>, tensor<8xf32>) -> tensor<2x3x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }
