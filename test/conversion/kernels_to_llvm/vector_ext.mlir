// RUN: opt-tool %s -t asm --processor x86-64-v4-vnni | filecheck %s --check-prefix=VNNI
// RUN: opt-tool %s -t asm --processor x86-64-v3-vnni | filecheck %s --check-prefix=AVXVNNI
// RUN: opt-tool %s -t asm --processor x86-64-v4 | filecheck %s --check-prefix=V4
// RUN: opt-tool %s -t asm --processor x86-64-v3 | filecheck %s --check-prefix=V3
// RUN: opt-tool %s -t asm --processor x86-64-v2 | filecheck %s --check-prefix=V2
// RUN: opt-tool %s -t asm --processor neoverse-n1 | filecheck %s --check-prefix=DOT
// RUN: opt-tool %s -t asm --processor aarch64 | filecheck %s --check-prefix=NEON
// RUN: opt-tool %s -t asm --processor wasm32 | filecheck %s --check-prefix=WASM

// A dot product of bytes is the instruction of the target, on as many registers as it takes, and
// products of pairs of 16 bits where there is none. `vpmaddubsw` saturates, and is never used.
// VNNI-NOT: maddubs
// VNNI: us:
// VNNI-NEXT: vpdpbusd %zmm2, %zmm1, %zmm0
// AVXVNNI: us:
// AVXVNNI: {vex} vpdpbusd
// AVXVNNI: {vex} vpdpbusd
// V4-NOT: maddubs
// V4: us:
// V4: vpmaddwd {{.*}}zmm
// V4: vpmaddwd {{.*}}zmm
// V3-NOT: maddubs
// V3: us:
// V3: vpmaddwd {{.*}}ymm
// V2: us:
// V2-NOT: maddubs
// V2: pmaddwd {{.*}}xmm
// DOT: us:
// DOT: mla v
// NEON: us:
// NEON: mla v
// WASM: us:
// WASM: i32x4.dot_i16x8_s
func.func @us(%acc: vector<16xi32>, %a: vector<64xi8>, %b: vector<64xi8>) -> vector<16xi32> {
  %0 = vector_ext.dot %acc, %a, %b {signs = "us"} : vector<16xi32>, vector<64xi8>, vector<64xi8>
  func.return %0 : vector<16xi32>
}

// The other way round it is the same instruction with its operands exchanged.
// VNNI: su:
// VNNI-NEXT: vpdpbusd %zmm1, %zmm2, %zmm0
func.func @su(%acc: vector<16xi32>, %a: vector<64xi8>, %b: vector<64xi8>) -> vector<16xi32> {
  %0 = vector_ext.dot %acc, %a, %b {signs = "su"} : vector<16xi32>, vector<64xi8>, vector<64xi8>
  func.return %0 : vector<16xi32>
}

// Equal signs: AArch64 has them, AVX-512 VNNI does not.
// DOT: ss:
// DOT: sdot v{{[0-9]+}}.4s
// VNNI: ss:
// VNNI: vpmaddwd
func.func @ss(%acc: vector<16xi32>, %a: vector<64xi8>, %b: vector<64xi8>) -> vector<16xi32> {
  %0 = vector_ext.dot %acc, %a, %b {signs = "ss"} : vector<16xi32>, vector<64xi8>, vector<64xi8>
  func.return %0 : vector<16xi32>
}

// DOT: uu:
// DOT: udot v{{[0-9]+}}.4s
func.func @uu(%acc: vector<16xi32>, %a: vector<64xi8>, %b: vector<64xi8>) -> vector<16xi32> {
  %0 = vector_ext.dot %acc, %a, %b {signs = "uu"} : vector<16xi32>, vector<64xi8>, vector<64xi8>
  func.return %0 : vector<16xi32>
}

// Pairs of words of 16 bits are one instruction and an addition on all x86.
// V4: pairs:
// V4: vpmaddwd {{.*}}zmm
// V4-NOT: vpmaddwd
// V3: pairs:
// V3: vpmaddwd {{.*}}ymm
// V3: vpmaddwd {{.*}}ymm
// V3-NOT: vpmaddwd
// V2: pairs:
// V2: pmaddwd {{.*}}xmm
// WASM: pairs:
// WASM: i32x4.dot_i16x8_s
func.func @pairs(%acc: vector<16xi32>, %a: vector<32xi16>, %b: vector<32xi16>) -> vector<16xi32> {
  %0 = vector_ext.dot_pairs %acc, %a, %b : vector<16xi32>, vector<32xi16>, vector<32xi16>
  func.return %0 : vector<16xi32>
}
