// RUN: opt-tool %s --split-input-file -p 'optimize{only=recompose-rotary-of-parts exactness=rounding}' --check-numerics | filecheck %s

// Real and imaginary parts of a product.

func.func @halves(%x: tensor<2x3x8xf32>, %c: tensor<3x4xf32>, %s: tensor<3x4xf32>) -> (tensor<2x3x8xf32>) {
  %a = engine.slice %x {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %b = engine.slice %x {starts = array<i64: 0, 0, 4>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %r = engine.map ins(%a, %c, %b, %s : tensor<2x3x4xf32>, tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32, %q: f32, %w: f32, %z: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %w, %z : f32
    %g = arith.subf %e, %f : f32
    engine.yield %g : f32
  }
  %i = engine.map ins(%s, %a, %b, %c : tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32, %q: f32, %w: f32, %z: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %w, %z : f32
    %g = arith.addf %e, %f : f32
    engine.yield %g : f32
  }
  %y = engine.concat %r, %i {axis = 2 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @halves
// CHECK-NEXT:      %{{.*}} = engine.rotary %{{.*}}, %{{.*}}, %{{.*}} {rewrites = ["recompose-rotary-of-parts"]} : tensor<2x3x8xf32>, tensor<3x4xf32>, tensor<3x4xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

func.func @neighbours(%x: tensor<2x3x8xf32>, %c: tensor<3x4xf32>, %s: tensor<3x4xf32>) -> (tensor<2x3x8xf32>) {
  %a = engine.slice %x {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 2>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %b = engine.slice %x {starts = array<i64: 0, 0, 1>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 2>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %r = engine.map ins(%a, %c, %b, %s : tensor<2x3x4xf32>, tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32, %q: f32, %w: f32, %z: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %w, %z : f32
    %g = arith.subf %e, %f : f32
    engine.yield %g : f32
  }
  %i = engine.map ins(%s, %a, %b, %c : tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32, %q: f32, %w: f32, %z: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %w, %z : f32
    %g = arith.addf %e, %f : f32
    engine.yield %g : f32
  }
  %r1 = engine.reshape %r : tensor<2x3x4xf32> -> tensor<2x3x4x1xf32>
  %i1 = engine.reshape %i : tensor<2x3x4xf32> -> tensor<2x3x4x1xf32>
  %j = engine.concat %r1, %i1 {axis = 3 : i64} : tensor<2x3x4x1xf32>, tensor<2x3x4x1xf32> -> tensor<2x3x4x2xf32>
  %y = engine.reshape %j : tensor<2x3x4x2xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @neighbours
// CHECK-NEXT:      %{{.*}} = engine.rotary %{{.*}}, %{{.*}}, %{{.*}} {rewrites = ["recompose-rotary-of-parts"], interleaved} : tensor<2x3x8xf32>, tensor<3x4xf32>, tensor<3x4xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

// As complex numbers are stored.
func.func @columns(%x: tensor<2x3x8xf32>, %c: tensor<3x4xf32>, %s: tensor<3x4xf32>) -> (tensor<2x3x8xf32>) {
  %v = engine.reshape %x : tensor<2x3x8xf32> -> tensor<2x3x4x2xf32>
  %a0 = engine.slice %v {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 2, 3, 4, 1>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x3x4x2xf32> -> tensor<2x3x4x1xf32>
  %a = engine.reshape %a0 : tensor<2x3x4x1xf32> -> tensor<2x3x4xf32>
  %b0 = engine.slice %v {starts = array<i64: 0, 0, 0, 1>, sizes = array<i64: 2, 3, 4, 1>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x3x4x2xf32> -> tensor<2x3x4x1xf32>
  %b = engine.reshape %b0 : tensor<2x3x4x1xf32> -> tensor<2x3x4xf32>
  %r = engine.map ins(%a, %c, %b, %s : tensor<2x3x4xf32>, tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32, %q: f32, %w: f32, %z: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %w, %z : f32
    %g = arith.subf %e, %f : f32
    engine.yield %g : f32
  }
  %i = engine.map ins(%s, %a, %b, %c : tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32, %q: f32, %w: f32, %z: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %w, %z : f32
    %g = arith.addf %e, %f : f32
    engine.yield %g : f32
  }
  %r1 = engine.reshape %r : tensor<2x3x4xf32> -> tensor<2x3x4x1xf32>
  %i1 = engine.reshape %i : tensor<2x3x4xf32> -> tensor<2x3x4x1xf32>
  %j = engine.concat %r1, %i1 {axis = 3 : i64} : tensor<2x3x4x1xf32>, tensor<2x3x4x1xf32> -> tensor<2x3x4x2xf32>
  %y = engine.reshape %j : tensor<2x3x4x2xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @columns
// CHECK-NEXT:      %{{.*}} = engine.rotary %{{.*}}, %{{.*}}, %{{.*}} {rewrites = ["recompose-rotary-of-parts"], interleaved} : tensor<2x3x8xf32>, tensor<3x4xf32>, tensor<3x4xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

// Both are differences.
func.func @near_miss_difference(%x: tensor<2x3x8xf32>, %c: tensor<3x4xf32>, %s: tensor<3x4xf32>) -> (tensor<2x3x8xf32>) {
  %a = engine.slice %x {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %b = engine.slice %x {starts = array<i64: 0, 0, 4>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %r = engine.map ins(%a, %c, %b, %s : tensor<2x3x4xf32>, tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32, %q: f32, %w: f32, %z: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %w, %z : f32
    %g = arith.subf %e, %f : f32
    engine.yield %g : f32
  }
  %i = engine.map ins(%s, %a, %b, %c : tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32, %q: f32, %w: f32, %z: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %w, %z : f32
    %g = arith.subf %e, %f : f32
    engine.yield %g : f32
  }
  %y = engine.concat %r, %i {axis = 2 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_difference
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 4>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x4xf32>, tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 2 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

// Both are sums.
func.func @near_miss_sum(%x: tensor<2x3x8xf32>, %c: tensor<3x4xf32>, %s: tensor<3x4xf32>) -> (tensor<2x3x8xf32>) {
  %a = engine.slice %x {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %b = engine.slice %x {starts = array<i64: 0, 0, 4>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %r = engine.map ins(%a, %c, %b, %s : tensor<2x3x4xf32>, tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32, %q: f32, %w: f32, %z: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %w, %z : f32
    %g = arith.addf %e, %f : f32
    engine.yield %g : f32
  }
  %i = engine.map ins(%s, %a, %b, %c : tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32, %q: f32, %w: f32, %z: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %w, %z : f32
    %g = arith.addf %e, %f : f32
    engine.yield %g : f32
  }
  %y = engine.concat %r, %i {axis = 2 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_sum
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 4>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x4xf32>, tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 2 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

// The other product of angles.
func.func @near_miss_products(%x: tensor<2x3x8xf32>, %c: tensor<3x4xf32>, %s: tensor<3x4xf32>) -> (tensor<2x3x8xf32>) {
  %a = engine.slice %x {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %b = engine.slice %x {starts = array<i64: 0, 0, 4>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %r = engine.map ins(%a, %c, %b, %s : tensor<2x3x4xf32>, tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32, %q: f32, %w: f32, %z: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %w, %z : f32
    %g = arith.subf %e, %f : f32
    engine.yield %g : f32
  }
  %i = engine.map ins(%s, %b, %a, %c : tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32, %q: f32, %w: f32, %z: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %w, %z : f32
    %g = arith.addf %e, %f : f32
    engine.yield %g : f32
  }
  %y = engine.concat %r, %i {axis = 2 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_products
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 4>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x4xf32>, tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 2 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

// The imaginary part comes first.
func.func @near_miss_order(%x: tensor<2x3x8xf32>, %c: tensor<3x4xf32>, %s: tensor<3x4xf32>) -> (tensor<2x3x8xf32>) {
  %a = engine.slice %x {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %b = engine.slice %x {starts = array<i64: 0, 0, 4>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %r = engine.map ins(%a, %c, %b, %s : tensor<2x3x4xf32>, tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32, %q: f32, %w: f32, %z: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %w, %z : f32
    %g = arith.subf %e, %f : f32
    engine.yield %g : f32
  }
  %i = engine.map ins(%s, %a, %b, %c : tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32, %q: f32, %w: f32, %z: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %w, %z : f32
    %g = arith.addf %e, %f : f32
    engine.yield %g : f32
  }
  %y = engine.concat %i, %r {axis = 2 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_order
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 4>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x4xf32>, tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 2 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_read(%x: tensor<2x3x8xf32>, %c: tensor<3x4xf32>, %s: tensor<3x4xf32>) -> (tensor<2x3x8xf32>, tensor<2x3x4xf32>) {
  %a = engine.slice %x {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %b = engine.slice %x {starts = array<i64: 0, 0, 4>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
  %r = engine.map ins(%a, %c, %b, %s : tensor<2x3x4xf32>, tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32, %q: f32, %w: f32, %z: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %w, %z : f32
    %g = arith.subf %e, %f : f32
    engine.yield %g : f32
  }
  %i = engine.map ins(%s, %a, %b, %c : tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
  ^bb0(%p: f32, %q: f32, %w: f32, %z: f32):
    %e = arith.mulf %p, %q : f32
    %f = arith.mulf %w, %z : f32
    %g = arith.addf %e, %f : f32
    engine.yield %g : f32
  }
  %y = engine.concat %r, %i {axis = 2 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x8xf32>
  func.return %y, %r : tensor<2x3x8xf32>, tensor<2x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_read
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 0>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 4>, sizes = array<i64: 2, 3, 4>, steps = array<i64: 1, 1, 1>} : tensor<2x3x8xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3x4xf32>, tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<3x4xf32>) -> tensor<2x3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 2 : i64} : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<2x3x8xf32>, tensor<2x3x4xf32>
// CHECK-NEXT:    }
