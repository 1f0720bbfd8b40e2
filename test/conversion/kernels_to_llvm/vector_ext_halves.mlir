// RUN: opt-tool %s -t asm --processor x86-64-v4-bf16 | filecheck %s --check-prefix=BF16
// RUN: opt-tool %s -t asm --processor x86-64-v3 | filecheck %s --check-prefix=V3

// Products of pairs of bf16 are one instruction, or both halves are widened where they are.
// BF16: halves:
// BF16: vcvtneps2bf16
// BF16: vdpbf16ps
// V3: halves:
// V3-NOT: bf16ps
// V3: vfmadd
// V3: ret
func.func @halves(%m: memref<32xf32>, %w: memref<32xbf16>) {
  %c0 = arith.constant 0 : index
  %acc = vector.load %m[%c0] : memref<32xf32>, vector<16xf32>
  %x = vector.load %m[%c0] : memref<32xf32>, vector<32xf32>
  %b = vector.load %w[%c0] : memref<32xbf16>, vector<32xbf16>
  %a = vector_ext.round_halves %x : vector<32xf32> -> vector<32xbf16>
  %r = vector_ext.dot_halves %acc, %a, %b : vector<16xf32>, vector<32xbf16>, vector<32xbf16>
  vector.store %r, %m[%c0] : memref<32xf32>, vector<16xf32>
  func.return
}
