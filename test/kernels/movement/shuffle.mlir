// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// Channels of two groups are interleaved.

// On blocks each vector of the result is one shuffle of the two that have its channels.
func.func @main(%x: tensor<1x16x2x3xf32, #engine.layout<"aBcd8b">>) -> tensor<1x16x2x3xf32, #engine.layout<"aBcd8b">> {
  %y = engine.shuffle %x {groups = 2 : i64} : tensor<1x16x2x3xf32, #engine.layout<"aBcd8b">> -> tensor<1x16x2x3xf32, #engine.layout<"aBcd8b">>
  func.return %y : tensor<1x16x2x3xf32, #engine.layout<"aBcd8b">>
}

// CHECK-LABEL: func.func @shuffle_1x16x2x3_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {chunks = 1 : i64, lanes = 8 : i64, patterns = 2 : i64, vectors_read = 2 : i64}
// CHECK:         vector.shuffle %{{.*}} [0, 8, 1, 9, 2, 10, 3, 11]
// CHECK:         vector.shuffle %{{.*}} [4, 12, 5, 13, 6, 14, 7, 15]
// CHECK-NOT:     vector.shuffle
// CHECK-LABEL: func.func @relayout

// -----

// Without blocks it is a strided copy.
func.func @main(%x: tensor<1x16x2x3xf32>) -> tensor<1x16x2x3xf32> {
  %y = engine.shuffle %x {groups = 2 : i64} : tensor<1x16x2x3xf32> -> tensor<1x16x2x3xf32>
  func.return %y : tensor<1x16x2x3xf32>
}

// CHECK-LABEL: func.func @shuffle_1x16x2x3_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {boxes = 1 : i64, chunks = 1 : i64, copies = "vectors"}
// CHECK:         sizes: [8, 2, 6], strides: [6, 48, 1]
// CHECK:         sizes: [8, 2, 6], strides: [12, 6, 1]
