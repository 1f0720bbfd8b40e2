// RUN: opt-tool %s --split-input-file -p 'optimize{only=pick-channels exactness=bitwise}' --check-numerics | filecheck %s

// The second half of what two branches give, interleaved.

func.func @split_of_shuffle(%x: tensor<1x4x2x3xf32>, %y: tensor<1x4x2x3xf32>) -> tensor<1x4x2x3xf32> {
  %a = engine.concat %x, %y {axis = 1 : i64} : tensor<1x4x2x3xf32>, tensor<1x4x2x3xf32> -> tensor<1x8x2x3xf32>
  %b = engine.shuffle %a {groups = 2 : i64} : tensor<1x8x2x3xf32> -> tensor<1x8x2x3xf32>
  %c = engine.slice %b {starts = array<i64: 0, 4, 0, 0>, sizes = array<i64: 1, 4, 2, 3>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x8x2x3xf32> -> tensor<1x4x2x3xf32>
  func.return %c : tensor<1x4x2x3xf32>
}

// CHECK-LABEL: func.func @split_of_shuffle
// CHECK-NEXT:      %{{.*}} = engine.pick %{{.*}}, %{{.*}} {rewrites = ["pick-channels"], channels = array<i64: 2, 6, 3, 7>} : tensor<1x4x2x3xf32>, tensor<1x4x2x3xf32> -> tensor<1x4x2x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x4x2x3xf32>
// CHECK-NEXT:    }

// -----

// Two units: half of the channels go past the second, and are not copied for it.
func.func @two_units(%x: tensor<1x4x2x2xf32>, %y: tensor<1x4x2x2xf32>) -> tensor<1x8x2x2xf32> {
  %a = engine.concat %x, %y {axis = 1 : i64} : tensor<1x4x2x2xf32>, tensor<1x4x2x2xf32> -> tensor<1x8x2x2xf32>
  %b = engine.shuffle %a {groups = 2 : i64} : tensor<1x8x2x2xf32> -> tensor<1x8x2x2xf32>
  %c = engine.slice %b {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 4, 2, 2>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x8x2x2xf32> -> tensor<1x4x2x2xf32>
  %d = engine.slice %b {starts = array<i64: 0, 4, 0, 0>, sizes = array<i64: 1, 4, 2, 2>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x8x2x2xf32> -> tensor<1x4x2x2xf32>
  %e = engine.map ins(%d : tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32> {
  ^bb0(%p: f32):
    %n = arith.negf %p : f32
    engine.yield %n : f32
  }
  %f = engine.concat %c, %e {axis = 1 : i64} : tensor<1x4x2x2xf32>, tensor<1x4x2x2xf32> -> tensor<1x8x2x2xf32>
  %g = engine.shuffle %f {groups = 2 : i64} : tensor<1x8x2x2xf32> -> tensor<1x8x2x2xf32>
  func.return %g : tensor<1x8x2x2xf32>
}

// CHECK-LABEL: func.func @two_units
// CHECK-NEXT:      %{{.*}} = engine.pick %{{.*}}, %{{.*}} {rewrites = ["pick-channels"], channels = array<i64: 2, 6, 3, 7>} : tensor<1x4x2x2xf32>, tensor<1x4x2x2xf32> -> tensor<1x4x2x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.pick %{{.*}}, %{{.*}}, %{{.*}} {rewrites = ["pick-channels"], channels = array<i64: 0, 4, 8, 5, 1, 6, 9, 7>} : tensor<1x4x2x2xf32>, tensor<1x4x2x2xf32>, tensor<1x4x2x2xf32> -> tensor<1x8x2x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x8x2x2xf32>
// CHECK-NEXT:    }

// -----

// Groups that are interleaved, then parted again.
func.func @back(%x: tensor<1x6x2x2xf32>) -> tensor<1x6x2x2xf32> {
  %a = engine.shuffle %x {groups = 2 : i64} : tensor<1x6x2x2xf32> -> tensor<1x6x2x2xf32>
  %b = engine.shuffle %a {groups = 3 : i64} : tensor<1x6x2x2xf32> -> tensor<1x6x2x2xf32>
  func.return %b : tensor<1x6x2x2xf32>
}

// CHECK-LABEL: func.func @back
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x6x2x2xf32>
// CHECK-NEXT:    }

// -----

func.func @open(%x: tensor<?x2x?x3xf32, #engine.sizes<"N", "H">>, %y: tensor<?x2x?x3xf32, #engine.sizes<"N", "H">>) -> tensor<?x4x?x3xf32, #engine.sizes<"N", "H">> attributes {sizes = #engine.names<N in 1, H in 1>} {
  %a = engine.concat %x, %y {axis = 1 : i64} : tensor<?x2x?x3xf32, #engine.sizes<"N", "H">>, tensor<?x2x?x3xf32, #engine.sizes<"N", "H">> -> tensor<?x4x?x3xf32, #engine.sizes<"N", "H">>
  %b = engine.shuffle %a {groups = 2 : i64} : tensor<?x4x?x3xf32, #engine.sizes<"N", "H">> -> tensor<?x4x?x3xf32, #engine.sizes<"N", "H">>
  func.return %b : tensor<?x4x?x3xf32, #engine.sizes<"N", "H">>
}

// CHECK-LABEL: func.func @open
// CHECK-NEXT:      %{{.*}} = engine.pick %{{.*}}, %{{.*}} {rewrites = ["pick-channels"], channels = array<i64: 0, 2, 1, 3>} : tensor<?x2x?x3xf32, #engine.sizes<"N", "H">>, tensor<?x2x?x3xf32, #engine.sizes<"N", "H">> -> tensor<?x4x?x3xf32, #engine.sizes<"N", "H">>
// CHECK-NEXT:      func.return %{{.*}} : tensor<?x4x?x3xf32, #engine.sizes<"N", "H">>
// CHECK-NEXT:    }

// -----

// A slice of a concat has rules of its own, and may be a view.
func.func @near_miss_no_shuffle(%x: tensor<1x4x2x2xf32>, %y: tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32> {
  %a = engine.concat %x, %y {axis = 1 : i64} : tensor<1x4x2x2xf32>, tensor<1x4x2x2xf32> -> tensor<1x8x2x2xf32>
  %c = engine.slice %a {starts = array<i64: 0, 2, 0, 0>, sizes = array<i64: 1, 4, 2, 2>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x8x2x2xf32> -> tensor<1x4x2x2xf32>
  func.return %c : tensor<1x4x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_no_shuffle
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<1x4x2x2xf32>, tensor<1x4x2x2xf32> -> tensor<1x8x2x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 2, 0, 0>, sizes = array<i64: 1, 4, 2, 2>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x8x2x2xf32> -> tensor<1x4x2x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x4x2x2xf32>
// CHECK-NEXT:    }

// -----

// Rows are cut off, too.
func.func @near_miss_rows(%x: tensor<1x4x3x2xf32>) -> tensor<1x4x2x2xf32> {
  %a = engine.shuffle %x {groups = 2 : i64} : tensor<1x4x3x2xf32> -> tensor<1x4x3x2xf32>
  %c = engine.slice %a {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 4, 2, 2>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x4x3x2xf32> -> tensor<1x4x2x2xf32>
  func.return %c : tensor<1x4x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_rows
// CHECK-NEXT:      %{{.*}} = engine.shuffle %{{.*}} {groups = 2 : i64} : tensor<1x4x3x2xf32> -> tensor<1x4x3x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 4, 2, 2>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x4x3x2xf32> -> tensor<1x4x2x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x4x2x2xf32>
// CHECK-NEXT:    }

// -----

// Images are joined, not channels.
func.func @near_miss_images(%x: tensor<1x4x3x2xf32>) -> tensor<2x4x3x2xf32> {
  %a = engine.shuffle %x {groups = 2 : i64} : tensor<1x4x3x2xf32> -> tensor<1x4x3x2xf32>
  %c = engine.concat %a, %x {axis = 0 : i64} : tensor<1x4x3x2xf32>, tensor<1x4x3x2xf32> -> tensor<2x4x3x2xf32>
  func.return %c : tensor<2x4x3x2xf32>
}

// CHECK-LABEL: func.func @near_miss_images
// CHECK-NEXT:      %{{.*}} = engine.shuffle %{{.*}} {groups = 2 : i64} : tensor<1x4x3x2xf32> -> tensor<1x4x3x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<1x4x3x2xf32>, tensor<1x4x3x2xf32> -> tensor<2x4x3x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x4x3x2xf32>
// CHECK-NEXT:    }

// -----

// A shuffle alone is one copy.
func.func @near_miss_alone(%x: tensor<1x4x3x2xf32>) -> tensor<1x4x3x2xf32> {
  %a = engine.shuffle %x {groups = 2 : i64} : tensor<1x4x3x2xf32> -> tensor<1x4x3x2xf32>
  func.return %a : tensor<1x4x3x2xf32>
}

// CHECK-LABEL: func.func @near_miss_alone
// CHECK-NEXT:      %{{.*}} = engine.shuffle %{{.*}} {groups = 2 : i64} : tensor<1x4x3x2xf32> -> tensor<1x4x3x2xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x4x3x2xf32>
// CHECK-NEXT:    }
