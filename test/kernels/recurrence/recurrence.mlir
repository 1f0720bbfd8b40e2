// RUN: opt-tool %s --split-input-file -p 'assign-layouts{target=x86-64-v3},plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// A recurrence is a loop over time around tiles of batch rows and units: products with the state of
// the step before, then the cell on the sums.

// A weight that is computed is read where it lies.
func.func @main(%g: tensor<5x2x16xf32>, %r: tensor<16x16xf32>, %h: tensor<2x16xf32>) -> (tensor<5x2x16xf32>, tensor<2x16xf32>) {
  %ys, %h1 = engine.recurrence %g, %r init(%h : tensor<2x16xf32>) : tensor<5x2x16xf32>, tensor<16x16xf32> -> tensor<5x2x16xf32>, tensor<2x16xf32> {
  ^bb0(%x: f32, %y: f32, %s: f32):
    %0 = arith.addf %x, %y : f32
    %1 = arith.maximumf %0, %s : f32
    engine.yield %1 : f32
  }
  func.return %ys, %h1 : tensor<5x2x16xf32>, tensor<2x16xf32>
}

// CHECK-LABEL: func.func @recurrence_5x2x16_{{[0-9a-f]+}}(%chunk: index, %gates: memref<5x2x16xf32>, %weight: memref<16x16xf32>
// CHECK-SAME:    plan = {chunks = 1 : i64, estimated_us = {{[0-9]+}} : i64, products = 1 : i64, tile = "2x8", weight = "where it lies"}
// CHECK:         scf.for %[[TIME:.*]] = %c0 to %c5 step %c1 {
// CHECK:           func.call @recurrence_{{.*}}_cell_2x8({{.*}}, %[[TIME]], %c0, %{{.*}})
// CHECK:       func.func private @recurrence_{{.*}}_cell_2x8
// CHECK:         vector.fma
// CHECK:         arith.addf
// CHECK:         arith.maximumf

// -----

// A constant lies in panels of the units of a tile; of a few rows, two vectors of them.
func.func @main(%g: tensor<5x1x16xf32>, %h: tensor<1x16xf32>) -> (tensor<5x1x16xf32>, tensor<1x16xf32>) {
  %r = engine.constant dense<5.0e-01> : tensor<16x16xf32> -> tensor<16x16xf32>
  %ys, %h1 = engine.recurrence %g, %r init(%h : tensor<1x16xf32>) : tensor<5x1x16xf32>, tensor<16x16xf32> -> tensor<5x1x16xf32>, tensor<1x16xf32> {
  ^bb0(%x: f32, %y: f32, %s: f32):
    %0 = arith.addf %x, %y : f32
    engine.yield %0 : f32
  }
  func.return %ys, %h1 : tensor<5x1x16xf32>, tensor<1x16xf32>
}

// CHECK-LABEL: func.func @recurrence_5x1x16_{{[0-9a-f]+}}(%chunk: index, %gates: memref<5x1x16xf32>, %weight: memref<1x16x16xf32>
// CHECK-SAME:    tile = "1x16", weight = "panels"}

// -----

// Two products in a step: all units go through the first before the second begins.
func.func @main(%g: tensor<5x2x16xf32>, %r: tensor<8x8xf32>, %h: tensor<2x8xf32>, %s: tensor<8x8xf32>) -> (tensor<5x2x8xf32>, tensor<2x8xf32>) {
  %ys, %h1 = engine.recurrence %g, %r init(%h : tensor<2x8xf32>) second(%s : tensor<8x8xf32>) : tensor<5x2x16xf32>, tensor<8x8xf32> -> tensor<5x2x8xf32>, tensor<2x8xf32> {
  ^bb0(%x0: f32, %x1: f32, %y0: f32, %y1: f32, %state: f32):
    %0 = arith.addf %x1, %y1 : f32
    engine.yield %0 : f32
  } second {
  ^bb0(%x0: f32, %x1: f32, %y0: f32, %state: f32):
    %0 = arith.mulf %y0, %state : f32
    engine.yield %0 : f32
  }
  func.return %ys, %h1 : tensor<5x2x8xf32>, tensor<2x8xf32>
}

// CHECK-LABEL: func.func @recurrence_5x2x8_{{[0-9a-f]+}}(
// CHECK-SAME:    products = 2 : i64
// CHECK:           func.call @recurrence_{{.*}}_first_2x8
// CHECK:           func.call @recurrence_{{.*}}_cell_2x8
