// Dialects and passes that MLIR and xDSL share, on their way down.

// RUN: %roundtrip --check-prefix=LINALG
// RUN: opt-tool %s --convert-linalg-to-loops | filecheck %s --check-prefix=LOOPS
// RUN: opt-tool %s -p 'builtin.module(convert-linalg-to-loops,lower-affine,convert-scf-to-cf)' | filecheck %s --check-prefix=CF
// RUN: opt-tool %s --lower-affine | filecheck %s --check-prefix=AFFINE

// LINALG:      linalg.add ins(%a, %b : memref<4xf32>, memref<4xf32>) outs(%c : memref<4xf32>)
// LINALG:      affine.store
// LOOPS:       scf.for
// LOOPS:       arith.addf
// CF:          cf.cond_br
// CF-NOT:      scf.for
// AFFINE:      memref.store %v, %c[%{{.*}}] : memref<4xf32>
func.func @f(%a: memref<4xf32>, %b: memref<4xf32>, %c: memref<4xf32>, %v: f32, %i: index) {
  linalg.add ins(%a, %b : memref<4xf32>, memref<4xf32>) outs(%c : memref<4xf32>)
  "affine.store"(%v, %c, %i) <{map = affine_map<(d0) -> (d0 + 1)>}> : (f32, memref<4xf32>, index) -> ()
  func.return
}
