// RUN: opt-tool %s -t asm --processor x86-64-v4 | filecheck %s
// RUN: opt-tool %s -t asm --processor aarch64 | filecheck %s --check-prefix=ARM

// Assembly is what LLVM's code generator makes of it, with no pass of LLVM in between.

// One instruction for a multiplication and an addition of sixteen numbers; of four, where that is
// what a register holds.
// CHECK: fma:
// CHECK-NEXT: vfmadd213ps %zmm2, %zmm1, %zmm0
// CHECK-NEXT: retq
// ARM: fma:
// ARM: fmla v17.4s, v4.4s, v0.4s
func.func @fma(%x: vector<16xf32>, %y: vector<16xf32>, %z: vector<16xf32>) -> vector<16xf32> {
  %0 = math.fma %x, %y, %z : vector<16xf32>
  func.return %0 : vector<16xf32>
}

// A number read from memory and spread over all lanes is part of the instruction that uses it.
// CHECK: spread:
// CHECK-NEXT: vfmadd132ps 4(%rdi){1to16}, %zmm1, %zmm0
// CHECK-NEXT: retq
func.func @spread(%x: memref<4xf32>, %y: vector<16xf32>, %z: vector<16xf32>) -> vector<16xf32> {
  %c1 = arith.constant 1 : index
  %0 = memref.load %x[%c1] : memref<4xf32>
  %1 = vector.broadcast %0 : f32 to vector<16xf32>
  %2 = math.fma %1, %y, %z : vector<16xf32>
  func.return %2 : vector<16xf32>
}
