// RUN: opt-tool %s -t llvm --processor x86-64-v4 --split-input-file --verify-diagnostics

// What has no machine code is refused by name, with what to do.

// expected-error@unknown {{arith.addf on bf16: extend to f32 first (arith.extf)}}
func.func @bf16(%x: bf16) -> bf16 {
  %0 = arith.addf %x, %x : bf16
  func.return %0 : bf16
}

// -----

// expected-error@unknown {{math.exp has no machine code (in function @exp); lower it to func, scf, vector, memref and arith first}}
func.func @exp(%x: f32) -> f32 {
  %0 = math.exp %x : f32
  func.return %0 : f32
}

// -----

// expected-error@unknown {{@stepwell_reference can only be called from @main}}
func.func private @stepwell_reference(index) -> ()
func.func @kernel(%i: index) {
  func.call @stepwell_reference(%i) : (index) -> ()
  func.return
}

// -----

// expected-error@unknown {{@main: argument 1 is index, expected a memref}}
func.func @main(%weights: memref<?xi8>, %arena: index) {
  func.return
}
