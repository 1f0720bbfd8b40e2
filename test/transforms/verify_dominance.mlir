// RUN: opt-tool %s --pass-pipeline='verify-dominance' | filecheck %s
// RUN: opt-tool %s --pass-pipeline='verify-dominance' | opt-tool | filecheck %s

// The pass changes nothing where every value is defined before it is used.

// CHECK:       func.func @ordered(%x: f32) -> f32 {
// CHECK-NEXT:    %a = arith.addf %x, %x : f32
// CHECK-NEXT:    func.return %a : f32
// CHECK-NEXT:  }
func.func @ordered(%x: f32) -> f32 {
  %a = arith.addf %x, %x : f32
  func.return %a : f32
}
