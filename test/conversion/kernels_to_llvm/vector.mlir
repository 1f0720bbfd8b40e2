// RUN: opt-tool %s -t llvm --processor x86-64-v4 | filecheck %s

// One-dimensional vectors are LLVM's; what is wider than a register is split by the code generator.

// Memory need not be aligned to more than an element.
// CHECK: define void @"memory"(ptr noalias nonnull %".1", i64 %".2")
// CHECK: %".4" = getelementptr inbounds float, ptr %".1", i64 %".2"
// CHECK-NEXT: %".5" = load <16 x float>, ptr %".4", align 4
// CHECK-NEXT: %".6" = getelementptr inbounds float, ptr %".1", i64 %".2"
// CHECK-NEXT: store <16 x float> %".5", ptr %".6", align 4
// CHECK-NEXT: ret void
func.func @memory(%x: memref<64xf32>, %i: index) {
  %0 = vector.load %x[%i] : memref<64xf32>, vector<16xf32>
  vector.store %0, %x[%i] : memref<64xf32>, vector<16xf32>
  func.return
}

// The rest of a row: lanes below a count.
// CHECK: define <8 x float> @"rest"(ptr noalias nonnull %".1", i64 %".2", i64 %".3")
// CHECK: %".5" = call i64 @"llvm.smin.i64"(i64 %".3", i64 8)
// CHECK-NEXT: %".6" = call i64 @"llvm.smax.i64"(i64 %".5", i64 0)
// CHECK-NEXT: %".7" = trunc i64 %".6" to i32
// CHECK-NEXT: %".8" = insertelement <8 x i32> poison, i32 %".7", i32 0
// CHECK-NEXT: %".9" = shufflevector <8 x i32> %".8", <8 x i32> poison, <8 x i32> zeroinitializer
// CHECK-NEXT: %".10" = icmp ult <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 4, i32 5, i32 6, i32 7>, %".9"
// CHECK-NEXT: %".11" = getelementptr inbounds float, ptr %".1", i64 %".2"
// CHECK-NEXT: %".12" = call <8 x float> @"llvm.masked.load.v8f32.p0"(ptr %".11", i32 4, <8 x i1> %".10", <8 x float> splat (float 0x0))
// CHECK-NEXT: %".13" = getelementptr inbounds float, ptr %".1", i64 %".2"
// CHECK-NEXT: call void @"llvm.masked.store.v8f32.p0"(<8 x float> %".12", ptr %".13", i32 4, <8 x i1> %".10")
// CHECK-NEXT: ret <8 x float> %".12"
func.func @rest(%x: memref<64xf32>, %i: index, %n: index) -> vector<8xf32> {
  %zero = arith.constant dense<0.0> : vector<8xf32>
  %mask = vector.create_mask %n : vector<8xi1>
  %0 = vector.maskedload %x[%i], %mask, %zero : memref<64xf32>, vector<8xi1>, vector<8xf32> into vector<8xf32>
  vector.maskedstore %x[%i], %mask, %0 : memref<64xf32>, vector<8xi1>, vector<8xf32>
  func.return %0 : vector<8xf32>
}

// CHECK: define <4 x float> @"spread"(float %".1")
// CHECK: %".3" = insertelement <4 x float> poison, float %".1", i32 0
// CHECK-NEXT: %".4" = shufflevector <4 x float> %".3", <4 x float> poison, <4 x i32> zeroinitializer
// CHECK-NEXT: ret <4 x float> %".4"
func.func @spread(%x: f32) -> vector<4xf32> {
  %0 = vector.broadcast %x : f32 to vector<4xf32>
  func.return %0 : vector<4xf32>
}

// A mask that is known is a constant.
// CHECK: define <4 x i1> @"known_mask"()
// CHECK: ret <4 x i1> <i1 1, i1 1, i1 1, i1 0>
func.func @known_mask() -> vector<4xi1> {
  %c3 = arith.constant 3 : index
  %0 = vector.create_mask %c3 : vector<4xi1>
  func.return %0 : vector<4xi1>
}

// CHECK: define float @"lanes"(<4 x float> %".1", <4 x float> %".2", float %".3")
// CHECK: %".5" = shufflevector <4 x float> %".1", <4 x float> %".2", <4 x i32> <i32 0, i32 4, i32 1, i32 5>
// CHECK-NEXT: %".6" = insertelement <4 x float> %".5", float %".3", i32 2
// CHECK-NEXT: %".7" = extractelement <4 x float> %".6", i32 3
// CHECK-NEXT: ret float %".7"
func.func @lanes(%x: vector<4xf32>, %y: vector<4xf32>, %s: f32) -> f32 {
  %0 = vector.shuffle %x, %y [0, 4, 1, 5] : vector<4xf32>, vector<4xf32>
  %1 = vector.insert %s, %0 [2] : f32 into vector<4xf32>
  %2 = vector.extract %1[3] : f32 from vector<4xf32>
  func.return %2 : f32
}

// Allowed to reassociate, a sum is a tree of halves, the same one on every target.
// CHECK: define float @"tree"(<4 x float> %".1")
// CHECK: %".3" = shufflevector <4 x float> %".1", <4 x float> poison, <2 x i32> <i32 0, i32 1>
// CHECK-NEXT: %".4" = shufflevector <4 x float> %".1", <4 x float> poison, <2 x i32> <i32 2, i32 3>
// CHECK-NEXT: %".5" = fadd <2 x float> %".3", %".4"
// CHECK-NEXT: %".6" = shufflevector <2 x float> %".5", <2 x float> poison, <1 x i32> zeroinitializer
// CHECK-NEXT: %".7" = shufflevector <2 x float> %".5", <2 x float> poison, <1 x i32> <i32 1>
// CHECK-NEXT: %".8" = fadd <1 x float> %".6", %".7"
// CHECK-NEXT: %".9" = extractelement <1 x float> %".8", i32 0
// CHECK-NEXT: ret float %".9"
func.func @tree(%x: vector<4xf32>) -> f32 {
  %0 = vector.reduction <add>, %x fastmath<reassoc> : vector<4xf32> into f32
  func.return %0 : f32
}

// Otherwise it goes lane by lane from the left.
// CHECK: define float @"in_order"(<2 x float> %".1", float %".2")
// CHECK: %".4" = extractelement <2 x float> %".1", i32 0
// CHECK-NEXT: %".5" = fadd float %".2", %".4"
// CHECK-NEXT: %".6" = extractelement <2 x float> %".1", i32 1
// CHECK-NEXT: %".7" = fadd float %".5", %".6"
// CHECK-NEXT: ret float %".7"
func.func @in_order(%x: vector<2xf32>, %start: f32) -> f32 {
  %0 = vector.reduction <add>, %x, %start : vector<2xf32> into f32
  func.return %0 : f32
}
