// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// A convolution of any kind runs row by row on row-major operands; four output channels share what
// is read of the input.

// Which taps reach a row follows from its borders: the loop over filter rows has bounds that are
// computed. Columns two apart are not vectors.
func.func @main(%x: tensor<1x2x9x9xf32>, %w: tensor<4x2x3x3xf32>) -> tensor<1x4x5x5xf32> {
  %y = engine.conv %x, %w {strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x9x9xf32>, tensor<4x2x3x3xf32> -> tensor<1x4x5x5xf32>
  func.return %y : tensor<1x4x5x5xf32>
}

// CHECK-LABEL: func.func @conv_1x4x5x5_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {channels = 4 : i64, chunks = 1 : i64, {{.*}}lanes = 8 : i64, segment = 5 : i64}
// CHECK:         %[[SUMS:.*]] = memref.alloca() {{.*}} : memref<4x5xf32>
// CHECK:         %[[FIRST:.*]] = arith.maxsi
// CHECK:         %[[LAST:.*]] = arith.minsi
// CHECK-NEXT:    scf.for %{{.*}} = %[[FIRST]] to %[[LAST]] step %c1 {
// CHECK:           %[[OLD:.*]] = memref.load %[[SUMS]][%c0,
// CHECK-NEXT:      %[[NEW:.*]] = math.fma %{{.*}}, %{{.*}}, %[[OLD]] : f32
// CHECK-NEXT:      memref.store %[[NEW]], %[[SUMS]][%c0,
// CHECK:         vector.maskedload %[[SUMS]]

// -----

// A transposed one asks for each tap whether an input row lies where it reaches.
func.func @main(%x: tensor<1x2x5x5xf32>, %w: tensor<2x4x3x3xf32>) -> tensor<1x4x9x9xf32> {
  %y = engine.conv_transpose %x, %w {strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64, output_padding = array<i64: 0, 0>} : tensor<1x2x5x5xf32>, tensor<2x4x3x3xf32> -> tensor<1x4x9x9xf32>
  func.return %y : tensor<1x4x9x9xf32>
}

// CHECK-LABEL: func.func @conv_transpose_1x4x9x9_{{[0-9a-f]+}}(
// CHECK-SAME:    segment = 9 : i64
// CHECK:         scf.for %{{.*}} = %c0 to %c3 step %c1 {
// CHECK:           %[[EVEN:.*]] = arith.cmpi eq
// CHECK-NEXT:      %[[INSIDE:.*]] = arith.andi %{{.*}}, %[[EVEN]] : i1
// CHECK-NEXT:      scf.if %[[INSIDE]] {
// CHECK:             math.fma
