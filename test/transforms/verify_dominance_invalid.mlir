// RUN: not opt-tool %s --pass-pipeline='verify-dominance' 2>&1 | filecheck %s

// xDSL parses and verifies a use before the definition; this pass names it.

// CHECK: 'arith.addf' in @backwards uses %b before its definition by 'arith.mulf'
func.func @backwards(%x: f32) {
  %a = arith.addf %x, %b : f32
  %b = arith.mulf %x, %x : f32
  func.return
}
