// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// Attention packs keys and scores a block of query rows against them, without the whole matrix.

// Keys are transposed into panels with the scale; scores of a block wait in scratch for their softmax
// and for the product with the values.
func.func @main(%q: tensor<1x2x32x16xf32>, %k: tensor<1x2x24x16xf32>, %v: tensor<1x2x24x16xf32>) -> tensor<1x2x32x16xf32> {
  %0 = engine.attention %q, %k, %v {scale = 2.5e-01 : f64} : tensor<1x2x32x16xf32>, tensor<1x2x24x16xf32>, tensor<1x2x24x16xf32> -> tensor<1x2x32x16xf32>
  func.return %0 : tensor<1x2x32x16xf32>
}

// CHECK-LABEL: func.func @attention_1x2x32x16_{{[0-9a-f]+}}(%chunk: index, %query: memref<1x2x32x16xf32>,
// CHECK-SAME:    plan = {block = "24 of 24 keys", chunks = 1 : i64, estimated_us = {{[0-9]+}} : i64, keys = "packed", parts = "1 of heads, 1 of rows", tile = "6x16"}
// CHECK:         %{{.*}} = memref.alloca() {alignment = 64 : i64} : memref<2x16x16xf32>
// CHECK:         func.call @attention_{{.*}}_pack(
// CHECK:         func.call @attention_{{.*}}_block(
// CHECK:       func.func private @attention_{{.*}}_pack(%matrix:
// CHECK:         vector.shuffle
// CHECK:         arith.mulf
// CHECK:         vector.store %{{.*}}, %panel
// CHECK:       func.func private @attention_{{.*}}_block(
// CHECK:         func.call @attention_{{.*}}_scores_6x2
// CHECK:         vector.reduction <add>
// CHECK:         func.call @attention_{{.*}}_weighted_6x2

// -----

// One query row reads the keys where they lie: packing would move each twice as often as it is used.
func.func @main(%q: tensor<1x2x1x16xf32>, %k: tensor<1x2x24x16xf32>, %v: tensor<1x2x24x16xf32>) -> tensor<1x2x1x16xf32> {
  %0 = engine.attention %q, %k, %v {scale = 2.5e-01 : f64} : tensor<1x2x1x16xf32>, tensor<1x2x24x16xf32>, tensor<1x2x24x16xf32> -> tensor<1x2x1x16xf32>
  func.return %0 : tensor<1x2x1x16xf32>
}

// CHECK-LABEL: func.func @attention_1x2x1x16_{{[0-9a-f]+}}(
// CHECK-SAME:    keys = "where they lie"
// CHECK-NOT:     _pack
// CHECK:       func.func @main

// -----

// Keys of several blocks: running maxima and sums of all rows, corrected block by block. Many rows
// and heads are parts of their own.
func.func @main(%q: tensor<1x8x512x64xf32>, %k: tensor<1x8x1024x64xf32>, %v: tensor<1x8x1024x64xf32>) -> tensor<1x8x512x64xf32> {
  %0 = engine.attention %q, %k, %v {scale = 1.25e-01 : f64} : tensor<1x8x512x64xf32>, tensor<1x8x1024x64xf32>, tensor<1x8x1024x64xf32> -> tensor<1x8x512x64xf32>
  func.return %0 : tensor<1x8x512x64xf32>
}

// CHECK-LABEL: func.func @attention_1x8x512x64_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {block = "256 of 1024 keys", chunks = 32 : i64, estimated_us = {{[0-9]+}} : i64, keys = "packed", parts = "8 of heads, 4 of rows", tile = "6x16"}
