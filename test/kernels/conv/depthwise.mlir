// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// A depthwise convolution has a filter for each lane: no broadcasts, each pixel is loaded once for
// all results that it reaches.

// The sum starts with the bias, which the epilogue no longer adds. Sixteen registers do not hold
// all taps: those of a filter row at a time do.
func.func @main(%x: tensor<1x16x6x8xf32, #engine.layout<"aBcd8b">>, %w: tensor<16x1x3x3xf32, #engine.layout<"Abcd8a">>, %b: tensor<16x1x1xf32, #engine.layout<"Abc8a">>) -> tensor<1x16x4x6xf32, #engine.layout<"aBcd8b">> {
  %y = engine.conv %x, %w epilogue(%b : tensor<16x1x1xf32, #engine.layout<"Abc8a">>) {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 16 : i64} : tensor<1x16x6x8xf32, #engine.layout<"aBcd8b">>, tensor<16x1x3x3xf32, #engine.layout<"Abcd8a">> -> tensor<1x16x4x6xf32, #engine.layout<"aBcd8b">> {
  ^bb0(%acc: f32, %bias: f32):
    %s = arith.addf %acc, %bias : f32
    engine.yield %s : f32
  }
  func.return %y : tensor<1x16x4x6xf32, #engine.layout<"aBcd8b">>
}

// CHECK-LABEL: func.func @conv_1x16x4x6_{{[0-9a-f]+}}(
// CHECK-SAME:    loops = "images 1, blocks 2, rows 4", taps_in_registers = false, tile = "1x6"
// CHECK-LABEL: func.func private @conv_1x16x4x6_{{[0-9a-f]+}}_1(
// CHECK:         %[[BIAS:.*]] = vector.load %extra0
// CHECK-COUNT-3: vector.load %w[
// CHECK:         %[[PIXEL:.*]] = vector.load
// CHECK-NEXT:    vector.fma %[[PIXEL]], %{{.*}}, %[[BIAS]] : vector<8xf32>
// CHECK-COUNT-3: vector.load %w[
// CHECK-COUNT-3: vector.load %w[
// CHECK-NOT:     arith.addf
// CHECK-COUNT-6: vector.store

// -----

// With channels last neighbours in memory are channels: the innermost loop is over their blocks.
func.func @main(%x: tensor<1x16x6x8xf32, #engine.layout<"acdb">>, %w: tensor<16x1x3x3xf32, #engine.layout<"Abcd8a">>) -> tensor<1x16x4x6xf32, #engine.layout<"acdb">> {
  %y = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 16 : i64} : tensor<1x16x6x8xf32, #engine.layout<"acdb">>, tensor<16x1x3x3xf32, #engine.layout<"Abcd8a">> -> tensor<1x16x4x6xf32, #engine.layout<"acdb">>
  func.return %y : tensor<1x16x4x6xf32, #engine.layout<"acdb">>
}

// CHECK-LABEL: func.func @conv_1x16x4x6_{{[0-9a-f]+}}(
// CHECK-SAME:    loops = "images 1, rows 4, blocks 2"
// CHECK:         scf.for %[[UNIT:.*]] = %c0 to %c8 step %c1 {
// CHECK-NEXT:      arith.remui %[[UNIT]], %c2 : index

// -----

// Groups of two channels lie whole in a vector: a shuffle brings one channel to its group's lanes.
func.func @main(%x: tensor<1x16x6x8xf32, #engine.layout<"aBcd8b">>, %w: tensor<16x2x3x3xf32, #engine.layout<"Abcd8a">>) -> tensor<1x16x4x6xf32, #engine.layout<"aBcd8b">> {
  %y = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 8 : i64} : tensor<1x16x6x8xf32, #engine.layout<"aBcd8b">>, tensor<16x2x3x3xf32, #engine.layout<"Abcd8a">> -> tensor<1x16x4x6xf32, #engine.layout<"aBcd8b">>
  func.return %y : tensor<1x16x4x6xf32, #engine.layout<"aBcd8b">>
}

// CHECK-LABEL: func.func @conv_1x16x4x6_{{[0-9a-f]+}}(
// CHECK-SAME:    group_channels = 2 : i64
// CHECK-LABEL: func.func private @conv_1x16x4x6_{{[0-9a-f]+}}_1(
// CHECK:         vector.shuffle %{{.*}} [0, 0, 2, 2, 4, 4, 6, 6]
// CHECK:         vector.shuffle %{{.*}} [1, 1, 3, 3, 5, 5, 7, 7]
