// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// Data movement is copies of boxes: along an axis in vectors, through transposed tiles where source
// and target are contiguous along axes of their own, element by element where there are no boxes.

// Row-major into blocks of channels: eight pixels of eight channels are transposed in registers.
func.func @main(%x: tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32, #engine.layout<"aBcd8b">> {
  %y = engine.relayout %x : tensor<1x16x8x8xf32> -> tensor<1x16x8x8xf32, #engine.layout<"aBcd8b">>
  func.return %y : tensor<1x16x8x8xf32, #engine.layout<"aBcd8b">>
}

// CHECK-LABEL: func.func @relayout_1x16x8x8_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {boxes = 1 : i64, chunks = 1 : i64, copies = "tiles"}
// CHECK:         scf.for %{{.*}} = %c0 to %c16 step %c1 {
// CHECK-COUNT-8:   vector.load
// CHECK-COUNT-24:  vector.shuffle
// CHECK-COUNT-8:   vector.store
// CHECK-NEXT:    }

// -----

// Every second column from the third on is a view with an offset and a stride.
func.func @main(%x: tensor<4x8xf32>) -> tensor<4x3xf32> {
  %y = engine.slice %x {starts = array<i64: 0, 2>, sizes = array<i64: 4, 3>, steps = array<i64: 1, 2>} : tensor<4x8xf32> -> tensor<4x3xf32>
  func.return %y : tensor<4x3xf32>
}

// CHECK-LABEL: func.func @slice_4x3_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {boxes = 1 : i64, chunks = 1 : i64, copies = "vectors"}
// CHECK:         memref.reinterpret_cast %{{.*}} to offset: [2], sizes: [4, 3], strides: [8, 2]
// CHECK:         vector.maskedstore

// -----

// A transpose of a matrix goes through tiles too.
func.func @main(%x: tensor<40x48xf32>) -> tensor<48x40xf32> {
  %y = engine.transpose %x {perm = array<i64: 1, 0>} : tensor<40x48xf32> -> tensor<48x40xf32>
  func.return %y : tensor<48x40xf32>
}

// CHECK-LABEL: func.func @transpose_48x40_{{[0-9a-f]+}}(
// CHECK-SAME:    copies = "tiles"
// CHECK:         vector.shuffle

// -----

// The map has written its result into the middle of the padded buffer: the pad is its border alone,
// four boxes, and shares memory with its operand.
func.func @main(%x: tensor<1x8x4x4xf32, #engine.layout<"aBcd8b">>) -> tensor<1x8x6x6xf32, #engine.layout<"aBcd8b">> {
  %n = engine.map ins(%x : tensor<1x8x4x4xf32, #engine.layout<"aBcd8b">>) -> tensor<1x8x4x4xf32, #engine.layout<"aBcd8b">> {
  ^bb0(%p: f32):
    %s = arith.negf %p : f32
    engine.yield %s : f32
  }
  %y = engine.pad %n {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<1x8x4x4xf32, #engine.layout<"aBcd8b">> -> tensor<1x8x6x6xf32, #engine.layout<"aBcd8b">>
  func.return %y : tensor<1x8x6x6xf32, #engine.layout<"aBcd8b">>
}

// CHECK-LABEL: func.func @pad_1x8x6x6_{{[0-9a-f]+}}(
// CHECK-SAME:    attributes {may_alias, plan = {border_boxes = 4 : i64, chunks = 1 : i64, copies = "none"}}
// CHECK:         %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : vector<8xf32>
// CHECK-NOT:     vector.load
// CHECK:         sizes: [48], strides: [1]
// CHECK:         vector.store %[[ZERO]]
// CHECK:         offset: [240], sizes: [48], strides: [1]
// CHECK:         offset: [48], sizes: [4, 8], strides: [48, 1]
// CHECK:         offset: [88], sizes: [4, 8], strides: [48, 1]

// -----

// The border of other modes is a copy: one element backwards, the row, one element backwards.
func.func @main(%x: tensor<4x8xf32>) -> tensor<4x10xf32> {
  %y = engine.pad %x {low = array<i64: 0, 1>, high = array<i64: 0, 1>, mode = "reflect", value = 0.000000e+00 : f32} : tensor<4x8xf32> -> tensor<4x10xf32>
  func.return %y : tensor<4x10xf32>
}

// CHECK-LABEL: func.func @pad_4x10_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {boxes = 3 : i64, chunks = 1 : i64, copies = "vectors"}
// CHECK:         memref.reinterpret_cast %{{.*}} to offset: [1], sizes: [4, 2], strides: [8, -1]
// CHECK:         memref.reinterpret_cast %{{.*}} to offset: [1], sizes: [4, 7], strides: [8, 1]
// CHECK:         memref.reinterpret_cast %{{.*}} to offset: [6], sizes: [4], strides: [8]

// -----

// 12 channels in blocks of eight are joined by six row-major ones: a full block, four channels that
// are left, four to fill their block, two for the next.
func.func @main(%a: tensor<1x12x2x2xf32, #engine.layout<"aBcd8b">>, %b: tensor<1x6x2x2xf32>) -> tensor<1x18x2x2xf32, #engine.layout<"aBcd8b">> {
  %y = engine.concat %a, %b {axis = 1 : i64} : tensor<1x12x2x2xf32, #engine.layout<"aBcd8b">>, tensor<1x6x2x2xf32> -> tensor<1x18x2x2xf32, #engine.layout<"aBcd8b">>
  func.return %y : tensor<1x18x2x2xf32, #engine.layout<"aBcd8b">>
}

// CHECK-LABEL: func.func @concat_1x18x2x2_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {boxes = 4 : i64, chunks = 1 : i64, copies = "vectors"}
// CHECK:         offset: [32], sizes: [4, 4], strides: [8, 1]
// CHECK:         offset: [36], sizes: [4, 4], strides: [8, 1]
// CHECK:         offset: [64], sizes: [2, 4], strides: [1, 8]

// -----

// A broadcast has a stride of nothing: its element is loaded outside of the loop.
func.func @main(%x: tensor<3x1xf32>) -> tensor<2x3x16xf32> {
  %y = engine.broadcast %x : tensor<3x1xf32> -> tensor<2x3x16xf32>
  func.return %y : tensor<2x3x16xf32>
}

// CHECK-LABEL: func.func @broadcast_2x3x16_{{[0-9a-f]+}}(
// CHECK:         %[[ONE:.*]] = memref.load
// CHECK-NEXT:    %[[ALL:.*]] = vector.broadcast %[[ONE]] : f32 to vector<8xf32>
// CHECK-NEXT:    scf.for %{{.*}} = %c0 to %c16 step %c8 {
// CHECK-NEXT:      vector.store %[[ALL]]

// -----

// A reshape out of blocks of channels has no boxes.
func.func @main(%x: tensor<1x16x2x2xf32, #engine.layout<"aBcd8b">>) -> tensor<16x4xf32> {
  %y = engine.reshape %x : tensor<1x16x2x2xf32, #engine.layout<"aBcd8b">> -> tensor<16x4xf32>
  func.return %y : tensor<16x4xf32>
}

// CHECK-LABEL: func.func @reshape_16x4_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {chunks = 1 : i64, copies = "elements"}
// CHECK:         scf.for
// CHECK:           %[[ONE:.*]] = memref.load
// CHECK-NEXT:      memref.store %[[ONE]]

// -----

// Both parts are written where they belong: nothing is left to do, and the kernel is not called.
func.func @main(%x: tensor<1x4xf32>) -> tensor<1x8xf32> {
  %n = engine.map ins(%x : tensor<1x4xf32>) -> tensor<1x4xf32> {
  ^bb0(%p: f32):
    %s = arith.negf %p : f32
    engine.yield %s : f32
  }
  %a = engine.map ins(%x : tensor<1x4xf32>) -> tensor<1x4xf32> {
  ^bb0(%p: f32):
    %s = math.absf %p : f32
    engine.yield %s : f32
  }
  %y = engine.concat %n, %a {axis = 1 : i64} : tensor<1x4xf32>, tensor<1x4xf32> -> tensor<1x8xf32>
  func.return %y : tensor<1x8xf32>
}

// CHECK-LABEL: func.func @concat_1x8_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {chunks = 0 : i64, copies = "none"}
// CHECK-LABEL: func.func @main(
// CHECK:         func.call @map
// CHECK:         func.call @map
// CHECK-NOT:     func.call @concat
// CHECK:         func.return
