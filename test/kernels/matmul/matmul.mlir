// RUN: opt-tool %s --split-input-file -p 'assign-layouts{target=x86-64-v3},plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// A product is tiles of a few rows times a panel of a few vectors of columns. Which tile, and where
// the panel comes from, stands in the plan.

// Columns of a computed operand are read in place: vectors of one row of it are loaded once for all
// rows of the tile.
func.func @main(%a: tensor<6x8xf32>, %b: tensor<8x24xf32>) -> tensor<6x24xf32> {
  %y = engine.matmul %a, %b : tensor<6x8xf32>, tensor<8x24xf32> -> tensor<6x24xf32>
  func.return %y : tensor<6x24xf32>
}

// CHECK-LABEL: func.func @matmul_6x24_{{[0-9a-f]+}}(%chunk: index, %lhs: memref<6x8xf32>, %rhs: memref<8x24xf32>, %out: memref<6x24xf32>)
// CHECK-SAME:    plan = {chunks = 1 : i64, estimated_us = {{[0-9]+}} : i64, method = "register tiles", panel = "in place", parts = "1 of batch, 1 of rows, 1 of columns", tile = "3x24"}
// CHECK:         func.call @matmul_6x24_{{.*}}_tile_3x24
// CHECK:       func.func private @matmul_6x24_{{.*}}_tile_3x24
// CHECK:         scf.for
// CHECK-NEXT:      %[[A:.*]] = vector.load %panel[{{.*}}] : memref<8x24xf32, {{.*}}>, vector<8xf32>
// CHECK:           %[[ROW:.*]] = memref.load %lhs
// CHECK-NEXT:      %[[ALL:.*]] = vector.broadcast %[[ROW]] : f32 to vector<8xf32>
// CHECK-NEXT:      %{{.*}} = vector.fma %[[ALL]], %[[A]], %{{.*}} : vector<8xf32>

// -----

// A constant lies in panels of the tile's columns (`Ba24b`), which are whole whatever its own are.
func.func @main(%a: tensor<64x32xf32>) -> tensor<64x40xf32> {
  %w = engine.constant dense<1.0> : tensor<32x40xf32> -> tensor<32x40xf32>
  %y = engine.matmul %a, %w : tensor<64x32xf32>, tensor<32x40xf32> -> tensor<64x40xf32>
  func.return %y : tensor<64x40xf32>
}

// CHECK-LABEL: func.func @matmul_64x40_{{[0-9a-f]+}}(%chunk: index, %lhs: memref<64x32xf32>, %rhs: memref<2x32x24xf32>, %out: memref<64x40xf32>)
// CHECK-SAME:    panel = "constant", parts = "1 of batch, 1 of rows, 1 of columns", tile = "4x24"}
// CHECK:         func.call @matmul_64x40_{{.*}}_tile_4x24
// CHECK:         func.call @matmul_64x40_{{.*}}_tile_4x16

// -----

// Deep sums take one run of the sum after the other, and ask for the panel that comes next.
func.func @main(%a: tensor<64x2048xf32>) -> tensor<64x96xf32> {
  %w = engine.constant dense<1.0> : tensor<2048x96xf32> -> tensor<2048x96xf32>
  %y = engine.matmul %a, %w : tensor<64x2048xf32>, tensor<2048x96xf32> -> tensor<64x96xf32>
  func.return %y : tensor<64x96xf32>
}

// CHECK-LABEL: func.func @matmul_64x96_{{[0-9a-f]+}}(%chunk: index, %lhs: memref<64x2048xf32>, %rhs: memref<6x2048x16xf32>
// CHECK-SAME:    plan = {chunks = 6 : i64, estimated_us = {{[0-9]+}} : i64, method = "register tiles", panel = "constant",
// CHECK-SAME:    prefetch = "next panel", row_block = 6 : i64, runs = 3 : i64, tile = "6x16"}
// CHECK:       func.func private @matmul_64x96_{{.*}}_tile_6x16_{{[0-9]}}(
// CHECK:         prefetch
// CHECK:         vector.fma
// CHECK:         vector.store %{{.*}}, %totals

// -----

// Columns that are rows in memory are transposed in registers, one panel at a time, on the stack.
func.func @main(%a: tensor<8x24xf32>, %b: tensor<40x24xf32>) -> tensor<8x40xf32> {
  %y = engine.matmul %a, %b {trans_rhs} : tensor<8x24xf32>, tensor<40x24xf32> -> tensor<8x40xf32>
  func.return %y : tensor<8x40xf32>
}

// CHECK-LABEL: func.func @matmul_8x40_{{[0-9a-f]+}}(
// CHECK-SAME:    panel = "packed here"
// CHECK:         %{{.*}} = memref.alloca() {alignment = 64 : i64} : memref<24x24xf32>
// CHECK:         func.call @matmul_8x40_{{.*}}_pack_24
// CHECK:         func.call @matmul_8x40_{{.*}}_tile_4x24
// CHECK:       func.func private @matmul_8x40_{{.*}}_pack_24
// CHECK:         vector.shuffle
// CHECK:         vector.store %{{.*}}, %panel

// -----

// A single row against rows: vectors lie along the sum, and their lanes are added at the end.
func.func @main(%a: tensor<1x64xf32>, %b: tensor<10x64xf32>) -> tensor<1x10xf32> {
  %y = engine.matmul %a, %b {trans_rhs} : tensor<1x64xf32>, tensor<10x64xf32> -> tensor<1x10xf32>
  func.return %y : tensor<1x10xf32>
}

// CHECK-LABEL: func.func @matmul_1x10_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {chunks = 1 : i64, estimated_us = {{[0-9]+}} : i64, method = "dot products", parts = "1 of batch, 1 of columns", tile = "1x4"}
// CHECK:       func.func private @matmul_1x10_{{.*}}_dot_1x4
// CHECK:         scf.for
// CHECK:           vector.fma
// CHECK:         vector.reduction <add>
// CHECK-NEXT:    memref.store

// -----

// Nothing to compute: a kernel that does nothing.
func.func @main(%a: tensor<0x64xf32>, %b: tensor<64x10xf32>) -> tensor<0x10xf32> {
  %y = engine.matmul %a, %b : tensor<0x64xf32>, tensor<64x10xf32> -> tensor<0x10xf32>
  func.return %y : tensor<0x10xf32>
}

// CHECK-LABEL: func.func @matmul_0x10_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {chunks = 1 : i64}
// CHECK-NEXT:    func.return
