// RUN: opt-tool %s -t llvm --processor x86-64-v4 | filecheck %s
// RUN: opt-tool %s -t llvm --processor wasm32 | filecheck %s --check-prefix=NOFMA

// What a processor has an instruction for becomes an intrinsic; expand-math has replaced the rest.

// CHECK: define <16 x float> @"fma"(<16 x float> %".1", <16 x float> %".2", <16 x float> %".3")
// CHECK: %".5" = call <16 x float> @"llvm.fma.v16f32"(<16 x float> %".1", <16 x float> %".2", <16 x float> %".3")
// CHECK-NEXT: ret <16 x float> %".5"
// Without the instruction, as in WebAssembly, a product and a sum that may be contracted.
// NOFMA: define <16 x float> @"fma"
// NOFMA: %".5" = fmul contract <16 x float> %".1", %".2"
// NOFMA-NEXT: %".6" = fadd contract <16 x float> %".5", %".3"
func.func @fma(%x: vector<16xf32>, %y: vector<16xf32>, %z: vector<16xf32>) -> vector<16xf32> {
  %0 = math.fma %x, %y, %z : vector<16xf32>
  func.return %0 : vector<16xf32>
}

// CHECK: define float @"unary"(float %".1")
// CHECK: %".3" = call float @"llvm.fabs.f32"(float %".1")
// CHECK-NEXT: %".4" = call float @"llvm.sqrt.f32"(float %".3")
// CHECK-NEXT: %".5" = call float @"llvm.roundeven.f32"(float %".4")
// CHECK-NEXT: ret float %".5"
func.func @unary(%x: f32) -> f32 {
  %0 = math.absf %x : f32
  %1 = math.sqrt %0 : f32
  %2 = math.roundeven %1 : f32
  func.return %2 : f32
}

// Both operations are rounded correctly; no approximation of the processor's is used.
// CHECK: define float @"rsqrt"(float %".1")
// CHECK: %".3" = call float @"llvm.sqrt.f32"(float %".1")
// CHECK-NEXT: %".4" = fdiv float 0x3ff0000000000000, %".3"
// CHECK-NEXT: ret float %".4"
func.func @rsqrt(%x: f32) -> f32 {
  %0 = math.rsqrt %x : f32
  func.return %0 : f32
}

// The flag says that no value gives poison.
// CHECK: define <4 x i32> @"integers"(<4 x i32> %".1")
// CHECK: %".3" = call <4 x i32> @"llvm.abs.v4i32"(<4 x i32> %".1", i1 0)
// CHECK-NEXT: %".4" = call <4 x i32> @"llvm.ctpop.v4i32"(<4 x i32> %".3")
// CHECK-NEXT: ret <4 x i32> %".4"
func.func @integers(%x: vector<4xi32>) -> vector<4xi32> {
  %0 = math.absi %x : vector<4xi32>
  %1 = math.ctpop %0 : vector<4xi32>
  func.return %1 : vector<4xi32>
}
