// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v4}' | filecheck %s

// A convolution of maps of any size takes the sizes as arguments, and has code for each number of
// pixels of a tile of one row.

// 64 output channels are one panel of four vectors. The order of loops depends on the size of an
// image; one loop over the tiles of a row asks how many pixels each has.
func.func @main(%x: tensor<1x64x?x?xf32, #engine.layout<"aBcd16b", sizes<"H + 2", "W + 2">>>, %w: tensor<128x64x3x3xf32, #engine.layout<"ABcd16b64a">>) -> tensor<1x128x?x?xf32, #engine.layout<"aBcd16b", sizes<"H", "W">>>
    attributes {sizes = #engine.names<H in 0 hint 56, W in 0 hint 56>} {
  %y = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x64x?x?xf32, #engine.layout<"aBcd16b", sizes<"H + 2", "W + 2">>>, tensor<128x64x3x3xf32, #engine.layout<"ABcd16b64a">> -> tensor<1x128x?x?xf32, #engine.layout<"aBcd16b", sizes<"H", "W">>>
  func.return %y : tensor<1x128x?x?xf32, #engine.layout<"aBcd16b", sizes<"H", "W">>>
}

// CHECK-LABEL: func.func @conv_1x128xp0xp1_{{[0-9a-f]+}}(
// CHECK-SAME:    %chunk: index, %x: memref<?xf32>, %w: memref<2x4x3x3x16x64xf32>, %y: memref<?xf32>, %chunks: index, %p0: index, %p1: index)
// CHECK-SAME:    loops = "images 1, panels 2, rows max((p1 + 5) floordiv 36, 1) * p0", panel = 64 : i64, tile = "1x6x4"
// CHECK:         %[[LARGE:.*]] = arith.cmpi sgt, %{{.*}}, %c524288 : index
// CHECK:         arith.select %[[LARGE]]
// CHECK:         scf.for
// CHECK:           scf.for
// CHECK:             scf.if
// CHECK:               func.call @conv_1x128xp0xp1_{{[0-9a-f]+}}_1x6x4(
// CHECK:             } else {
// CHECK:               func.call @conv_1x128xp0xp1_{{[0-9a-f]+}}_1x5x4(
// CHECK:               func.call @conv_1x128xp0xp1_{{[0-9a-f]+}}_1x1x4(
// CHECK-LABEL: func.func private @conv_1x128xp0xp1_{{[0-9a-f]+}}_1x6x4(
// CHECK-SAME:    %x: memref<4x3x?x16xf32, strided<[?, ?, 16, 1], offset: ?>>
// CHECK:         memref.alloca() {{.*}} : memref<24x16xf32>
// CHECK:         scf.for %{{.*}} = %c0 to %c4 step %c3 {
// CHECK-COUNT-4:   scf.for

// -----

// The pixels of a pointwise one are one row, which rows without gaps let it be: H * W pixels. 48
// channels are one panel of three vectors, with tiles of up to eight pixels.
func.func @main(%x: tensor<1x32x?x?xf32, #engine.layout<"aBcd16b", sizes<"H", "W">>>, %w: tensor<48x32x1x1xf32, #engine.layout<"ABcd16b48a">>) -> tensor<1x48x?x?xf32, #engine.layout<"aBcd16b", sizes<"H", "W">>>
    attributes {sizes = #engine.names<H in 0 hint 56, W in 0 hint 56>} {
  %y = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x32x?x?xf32, #engine.layout<"aBcd16b", sizes<"H", "W">>>, tensor<48x32x1x1xf32, #engine.layout<"ABcd16b48a">> -> tensor<1x48x?x?xf32, #engine.layout<"aBcd16b", sizes<"H", "W">>>
  func.return %y : tensor<1x48x?x?xf32, #engine.layout<"aBcd16b", sizes<"H", "W">>>
}

// CHECK-LABEL: func.func @conv_1x48xp0xp1_{{[0-9a-f]+}}(
// CHECK-SAME:    flat = true, loops = "images 1, panels 1, rows max((p0 * p1 + 7) floordiv 48, 1)", panel = 48 : i64, tile = "1x8x3"
// CHECK:         func.call @conv_1x48xp0xp1_{{[0-9a-f]+}}_1x8x3(
