// RUN: opt-tool %s --split-input-file --verify-diagnostics

// What memref.prefetch checks.

func.func @f(%m: memref<8x16xf32>, %i: index) {
  // expected-error@below {{'memref.prefetch' has 1 indices for 2 dimensions}}
  memref.prefetch %m[%i], read, locality<2>, data : memref<8x16xf32>
  func.return
}

// -----

func.func @f(%m: memref<8xf32>, %i: index) {
  // expected-error@below {{'memref.prefetch' locality 4 is not within 0..3}}
  memref.prefetch %m[%i], read, locality<4>, data : memref<8xf32>
  func.return
}
