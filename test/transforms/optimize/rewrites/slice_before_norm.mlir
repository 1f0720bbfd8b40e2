// RUN: opt-tool %s --split-input-file -p 'optimize{only=slice-before-norm exactness=rounding}' --check-numerics | filecheck %s

func.func @last_row(%x: tensor<2x5x8xf32>, %s: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<2x1x8xf32> {
  %a = engine.norm %x scale(%s : tensor<8xf32>) bias(%b : tensor<8xf32>) {kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x5x8xf32> -> tensor<2x5x8xf32>
  %c = engine.slice %a {starts = array<i64: 0, 4, 0>, sizes = array<i64: 2, 1, 8>, steps = array<i64: 1, 1, 1>} : tensor<2x5x8xf32> -> tensor<2x1x8xf32>
  func.return %c : tensor<2x1x8xf32>
}

// CHECK-LABEL: func.func @last_row
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["slice-before-norm"], starts = array<i64: 0, 4, 0>, sizes = array<i64: 2, 1, 8>, steps = array<i64: 1, 1, 1>} : tensor<2x5x8xf32> -> tensor<2x1x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.norm %{{.*}} scale(%{{.*}} : tensor<8xf32>) bias(%{{.*}} : tensor<8xf32>) {rewrites = ["slice-before-norm"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x1x8xf32> -> tensor<2x1x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x1x8xf32>
// CHECK-NEXT:    }

// -----

func.func @open(%x: tensor<?x8xf32, #engine.sizes<"S">>) -> tensor<1x8xf32> attributes {sizes = #engine.names<S in 1>} {
  %a = engine.norm %x {kind = "rms", axes = array<i64: 1>, epsilon = 1.000000e-05 : f64} : tensor<?x8xf32, #engine.sizes<"S">> -> tensor<?x8xf32, #engine.sizes<"S">>
  %c = engine.slice %a {starts = #engine.extents<["S - 1", 0]>, sizes = array<i64: 1, 8>, steps = array<i64: 1, 1>} : tensor<?x8xf32, #engine.sizes<"S">> -> tensor<1x8xf32>
  func.return %c : tensor<1x8xf32>
}

// CHECK-LABEL: func.func @open
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["slice-before-norm"], starts = #engine.extents<["S - 1", 0]>, sizes = array<i64: 1, 8>, steps = array<i64: 1, 1>} : tensor<?x8xf32, #engine.sizes<"S">> -> tensor<1x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.norm %{{.*}} {rewrites = ["slice-before-norm"], kind = "rms", axes = array<i64: 1>, epsilon = 1.000000e-05 : f64} : tensor<1x8xf32> -> tensor<1x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x8xf32>
// CHECK-NEXT:    }

// -----

// The statistics are those of the whole row.
func.func @near_miss_normalised(%x: tensor<5x8xf32>) -> tensor<5x4xf32> {
  %a = engine.norm %x {kind = "layer", axes = array<i64: 1>, epsilon = 1.000000e-05 : f64} : tensor<5x8xf32> -> tensor<5x8xf32>
  %c = engine.slice %a {starts = array<i64: 0, 0>, sizes = array<i64: 5, 4>, steps = array<i64: 1, 1>} : tensor<5x8xf32> -> tensor<5x4xf32>
  func.return %c : tensor<5x4xf32>
}

// CHECK-LABEL: func.func @near_miss_normalised
// CHECK-NEXT:      %{{.*}} = engine.norm %{{.*}} {kind = "layer", axes = array<i64: 1>, epsilon = 1.000000e-05 : f64} : tensor<5x8xf32> -> tensor<5x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0>, sizes = array<i64: 5, 4>, steps = array<i64: 1, 1>} : tensor<5x8xf32> -> tensor<5x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<5x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_read(%x: tensor<5x8xf32>) -> (tensor<1x8xf32>, tensor<5x8xf32>) {
  %a = engine.norm %x {kind = "layer", axes = array<i64: 1>, epsilon = 1.000000e-05 : f64} : tensor<5x8xf32> -> tensor<5x8xf32>
  %c = engine.slice %a {starts = array<i64: 4, 0>, sizes = array<i64: 1, 8>, steps = array<i64: 1, 1>} : tensor<5x8xf32> -> tensor<1x8xf32>
  func.return %c, %a : tensor<1x8xf32>, tensor<5x8xf32>
}

// CHECK-LABEL: func.func @near_miss_read
// CHECK-NEXT:      %{{.*}} = engine.norm %{{.*}} {kind = "layer", axes = array<i64: 1>, epsilon = 1.000000e-05 : f64} : tensor<5x8xf32> -> tensor<5x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 4, 0>, sizes = array<i64: 1, 8>, steps = array<i64: 1, 1>} : tensor<5x8xf32> -> tensor<1x8xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<1x8xf32>, tensor<5x8xf32>
// CHECK-NEXT:    }

// -----

// Nothing is saved.
func.func @near_miss_backwards(%x: tensor<5x8xf32>) -> tensor<5x8xf32> {
  %a = engine.norm %x {kind = "layer", axes = array<i64: 1>, epsilon = 1.000000e-05 : f64} : tensor<5x8xf32> -> tensor<5x8xf32>
  %c = engine.slice %a {starts = array<i64: 4, 0>, sizes = array<i64: 5, 8>, steps = array<i64: -1, 1>} : tensor<5x8xf32> -> tensor<5x8xf32>
  func.return %c : tensor<5x8xf32>
}

// CHECK-LABEL: func.func @near_miss_backwards
// CHECK-NEXT:      %{{.*}} = engine.norm %{{.*}} {kind = "layer", axes = array<i64: 1>, epsilon = 1.000000e-05 : f64} : tensor<5x8xf32> -> tensor<5x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 4, 0>, sizes = array<i64: 5, 8>, steps = array<i64: -1, 1>} : tensor<5x8xf32> -> tensor<5x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<5x8xf32>
// CHECK-NEXT:    }

// -----

// A row becomes an integer.
func.func @near_miss_rounded(%x: tensor<5x8xf32>) -> tensor<1x8xf32> {
  %a = engine.norm %x {kind = "layer", axes = array<i64: 1>, epsilon = 1.000000e-05 : f64} : tensor<5x8xf32> -> tensor<5x8xf32>
  %c = engine.slice %a {starts = array<i64: 4, 0>, sizes = array<i64: 1, 8>, steps = array<i64: 1, 1>} : tensor<5x8xf32> -> tensor<1x8xf32>
  %d = engine.map ins(%c : tensor<1x8xf32>) -> tensor<1x8xf32> {
  ^bb0(%p: f32):
    %n = math.roundeven %p : f32
    engine.yield %n : f32
  }
  func.return %d : tensor<1x8xf32>
}

// CHECK-LABEL: func.func @near_miss_rounded
// CHECK-NEXT:      %{{.*}} = engine.norm %{{.*}} {kind = "layer", axes = array<i64: 1>, epsilon = 1.000000e-05 : f64} : tensor<5x8xf32> -> tensor<5x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 4, 0>, sizes = array<i64: 1, 8>, steps = array<i64: 1, 1>} : tensor<5x8xf32> -> tensor<1x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<1x8xf32>) -> tensor<1x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = math.roundeven %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x8xf32>
// CHECK-NEXT:    }
