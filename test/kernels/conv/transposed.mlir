// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// A transposed convolution on blocks of channels is a direct convolution for each phase: the loops
// over phases stand behind the panels, as each phase has a part of the weight of its own.

// 4x4 taps with a stride of two: four phases of 2x2 taps. Result `2m + p` of phase p is a view with
// a dimension for p.
func.func @main(%x: tensor<1x8x6x6xf32, #engine.layout<"aBcd8b">>, %w: tensor<8x16x4x4xf32, #engine.layout<"BAcd8a16b">>) -> tensor<1x16x8x8xf32, #engine.layout<"aBcd8b">> {
  %y = engine.conv_transpose %x, %w {strides = array<i64: 2, 2>, pads = array<i64: 3, 3, 3, 3>, dilations = array<i64: 1, 1>, groups = 1 : i64, output_padding = array<i64: 0, 0>} : tensor<1x8x6x6xf32, #engine.layout<"aBcd8b">>, tensor<8x16x4x4xf32, #engine.layout<"BAcd8a16b">> -> tensor<1x16x8x8xf32, #engine.layout<"aBcd8b">>
  func.return %y : tensor<1x16x8x8xf32, #engine.layout<"aBcd8b">>
}

// CHECK-LABEL: func.func @conv_transpose_1x16x8x8_{{[0-9a-f]+}}(
// CHECK-SAME:    loops = "images 1, panels 1, phase row 2, phase column 2, rows 4", panel = 16 : i64, taps = "2x2", tile = "1x4x2"
// CHECK:         memref.reinterpret_cast %w to offset: [0], sizes: [1, 1, 2, 2, 2, 2, 8, 16]
// CHECK:         memref.reinterpret_cast %y to offset: [0], sizes: [1, 2, 4, 2, 4, 2, 8], strides: [1024, 512, 128, 64, 16, 8, 1]
// CHECK:         scf.for %{{.*}} = %c0 to %c16 step %c1 {
// CHECK-LABEL: func.func private @conv_transpose_1x16x8x8_{{[0-9a-f]+}}_1x4x2(
// CHECK:         scf.for %{{.*}} = %c0 to %c2 step %c1
// CHECK:           scf.for %{{.*}} = %c0 to %c2 step %c1
// CHECK:             vector.fma
