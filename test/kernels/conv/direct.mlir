// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// A direct convolution on blocks of channels is a function for each shape of tile, called by loops
// over images, panels of output channels and rows of tiles.

// 7 rows in tiles of two and one, 7 columns in 3 + 2 + 2: four shapes of tiles, each with two
// vectors of output channels for each pixel. The bias belongs to the tile.
func.func @main(%x: tensor<1x16x9x9xf32, #engine.layout<"aBcd8b">>, %w: tensor<16x16x3x3xf32, #engine.layout<"ABcd8b16a">>, %b: tensor<16x1x1xf32, #engine.layout<"Abc8a">>) -> tensor<1x16x7x7xf32, #engine.layout<"aBcd8b">> {
  %y = engine.conv %x, %w epilogue(%b : tensor<16x1x1xf32, #engine.layout<"Abc8a">>) {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x16x9x9xf32, #engine.layout<"aBcd8b">>, tensor<16x16x3x3xf32, #engine.layout<"ABcd8b16a">> -> tensor<1x16x7x7xf32, #engine.layout<"aBcd8b">> {
  ^bb0(%acc: f32, %bias: f32):
    %s = arith.addf %acc, %bias : f32
    engine.yield %s : f32
  }
  func.return %y : tensor<1x16x7x7xf32, #engine.layout<"aBcd8b">>
}

// CHECK-LABEL: func.func @conv_1x16x7x7_{{[0-9a-f]+}}(
// CHECK-SAME:    loops = "images 1, panels 1, rows 4", panel = 16 : i64, tile = "2x3x2"
// CHECK:         scf.for %{{.*}} = %c0 to %c4 step %c1 {
// CHECK:           scf.if
// CHECK:             func.call @conv_1x16x7x7_{{[0-9a-f]+}}_2x3x2(
// CHECK:             func.call @conv_1x16x7x7_{{[0-9a-f]+}}_2x2x2(
// CHECK:           } else {
// CHECK:             func.call @conv_1x16x7x7_{{[0-9a-f]+}}_1x3x2(
// CHECK:             func.call @conv_1x16x7x7_{{[0-9a-f]+}}_1x2x2(
// CHECK-LABEL: func.func private @conv_1x16x7x7_{{[0-9a-f]+}}_2x3x2(
// CHECK-COUNT-4: scf.for
// CHECK:           vector.load %{{.*}} vector<8xf32>
// CHECK-NEXT:      vector.load %{{.*}} vector<8xf32>
// CHECK-NEXT:      memref.load
// CHECK-NEXT:      vector.broadcast %{{.*}} : f32 to vector<8xf32>
// CHECK-NEXT:      vector.fma
// CHECK-NEXT:      vector.fma
// CHECK:         arith.addf %{{.*}} : vector<8xf32>
// CHECK-NEXT:    vector.store

// -----

// The pixels of a pointwise one are cut anywhere: 24 in three equal runs, no tile is smaller.
func.func @main(%x: tensor<1x16x4x6xf32, #engine.layout<"aBcd8b">>, %w: tensor<24x16x1x1xf32, #engine.layout<"ABcd8b24a">>) -> tensor<1x24x4x6xf32, #engine.layout<"aBcd8b">> {
  %y = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x16x4x6xf32, #engine.layout<"aBcd8b">>, tensor<24x16x1x1xf32, #engine.layout<"ABcd8b24a">> -> tensor<1x24x4x6xf32, #engine.layout<"aBcd8b">>
  func.return %y : tensor<1x24x4x6xf32, #engine.layout<"aBcd8b">>
}

// CHECK-LABEL: func.func @conv_1x24x4x6_{{[0-9a-f]+}}(
// CHECK-SAME:    flat = true, loops = "images 1, panels 1, rows 3", panel = 24 : i64, tile = "1x4x3"
// CHECK:         memref.reinterpret_cast %x to offset: [0], sizes: [1, 2, 3, 8, 8], strides: [384, 192, 64, 8, 1]
// CHECK:         func.call @conv_1x24x4x6_{{[0-9a-f]+}}_1x4x3(
// CHECK-NOT:     func.call
// CHECK-LABEL: func.func private @conv_1x24x4x6_{{[0-9a-f]+}}_1x4x3(

// -----

// Three channels are read from a row-major image, one after the other; a stride of two skips pixels.
func.func @main(%x: tensor<1x3x9x9xf32>, %w: tensor<16x3x3x3xf32, #engine.layout<"Abcd16a">>) -> tensor<1x16x4x4xf32, #engine.layout<"aBcd8b">> {
  %y = engine.conv %x, %w {strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x9x9xf32>, tensor<16x3x3x3xf32, #engine.layout<"Abcd16a">> -> tensor<1x16x4x4xf32, #engine.layout<"aBcd8b">>
  func.return %y : tensor<1x16x4x4xf32, #engine.layout<"aBcd8b">>
}

// CHECK-LABEL: func.func @conv_1x16x4x4_{{[0-9a-f]+}}(
// CHECK-SAME:    %x: memref<1x3x9x9xf32>, %w: memref<1x3x3x3x16xf32>
// CHECK-SAME:    loops = "images 1, panels 1, rows 4", panel = 16 : i64, tile = "1x4x2"
// CHECK-LABEL: func.func private @conv_1x16x4x4_{{[0-9a-f]+}}_1x4x2(%x: memref<3x3x9x1xf32
// CHECK-COUNT-3: scf.for %{{.*}} = %c0 to %c3 step %c1
// CHECK:         memref.load %[[PIXELS:.*]][%c0, %c0, %c0]
// CHECK:         memref.load %[[PIXELS]][%c0, %c2, %c0]
// CHECK:         memref.load %[[PIXELS]][%c0, %c4, %c0]
// CHECK:         memref.load %[[PIXELS]][%c0, %c6, %c0]
