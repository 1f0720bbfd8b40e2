// RUN: %roundtrip
// RUN: %generic_roundtrip

// `memref.prefetch` in MLIR's own text.

// CHECK-LABEL: func.func @prefetch
func.func @prefetch(%m: memref<8x16xf32>, %s: memref<4xf32, strided<[2], offset: ?>>, %i: index) {
  // CHECK-NEXT: memref.prefetch %m[%i, %i], read, locality<2>, data : memref<8x16xf32>
  memref.prefetch %m[%i, %i], read, locality<2>, data : memref<8x16xf32>
  // CHECK-NEXT: memref.prefetch %s[%i], write, locality<3>, instr : memref<4xf32, strided<[2], offset: ?>>
  memref.prefetch %s[%i], write, locality<3>, instr : memref<4xf32, strided<[2], offset: ?>>
  func.return
}
