// RUN: opt-tool %s -t llvm --processor x86-64-v4 | filecheck %s

// A memref is a pointer to its first element; strides and offsets become one index in elements.

// CHECK: define float @"load"(ptr noalias nonnull %".1", i64 %".2", i64 %".3")
// CHECK: %".5" = mul nsw i64 %".2", 8
// CHECK-NEXT: %".6" = add nsw i64 %".5", %".3"
// CHECK-NEXT: %".7" = getelementptr inbounds float, ptr %".1", i64 %".6"
// CHECK-NEXT: %".8" = load float, ptr %".7", align 4
// CHECK-NEXT: ret float %".8"
func.func @load(%x: memref<4x8xf32>, %i: index, %j: index) -> f32 {
  %0 = memref.load %x[%i, %j] : memref<4x8xf32>
  func.return %0 : f32
}

// An i1 is a byte in memory.
// CHECK: define void @"flags"(ptr noalias nonnull %".1", i64 %".2")
// CHECK: %".4" = getelementptr inbounds i8, ptr %".1", i64 %".2"
// CHECK-NEXT: %".5" = load i8, ptr %".4", align 1
// CHECK-NEXT: %".6" = icmp ne i8 %".5", 0
// CHECK-NEXT: %".7" = getelementptr inbounds i8, ptr %".1", i64 %".2"
// CHECK-NEXT: %".8" = zext i1 %".6" to i8
// CHECK-NEXT: store i8 %".8", ptr %".7", align 1
// CHECK-NEXT: ret void
func.func @flags(%x: memref<4xi1>, %i: index) {
  %0 = memref.load %x[%i] : memref<4xi1>
  memref.store %0, %x[%i] : memref<4xi1>
  func.return
}

// Extents and strides that a type leaves open travel as numbers behind the pointer.
// CHECK: define i64 @"open"(ptr noalias nonnull %".1", i64 %".2", i64 %".3", i64 %".4", i64 %".5")
// CHECK: %".7" = mul nsw i64 %".4", %".3"
// CHECK-NEXT: %".8" = add nsw i64 %".7", %".5"
// CHECK-NEXT: %".9" = getelementptr inbounds float, ptr %".1", i64 %".8"
// CHECK-NEXT: %".10" = load float, ptr %".9", align 4
// CHECK-NEXT: ret i64 %".2"
func.func @open(%x: memref<?x8xf32, strided<[?, 1]>>, %i: index, %j: index) -> index {
  %0 = memref.load %x[%i, %j] : memref<?x8xf32, strided<[?, 1]>>
  %c0 = arith.constant 0 : index
  %1 = memref.dim %x, %c0 : memref<?x8xf32, strided<[?, 1]>>
  func.return %1 : index
}

// A view of bytes at a known offset is that offset; of a subview nothing but its start is left.
// CHECK: define float @"views"(ptr noalias nonnull %".1", i64 %".2", i64 %".3")
// CHECK: %".5" = getelementptr inbounds i8, ptr %".1", i64 256
// CHECK-NEXT: %".6" = getelementptr inbounds float, ptr %".5", i64 10
// CHECK-NEXT: %".7" = mul nsw i64 %".3", 8
// CHECK-NEXT: %".8" = add nsw i64 %".7", %".3"
// CHECK-NEXT: %".9" = getelementptr inbounds float, ptr %".6", i64 %".8"
// CHECK-NEXT: %".10" = load float, ptr %".9", align 4
// CHECK-NEXT: ret float %".10"
func.func @views(%arena: memref<?xi8>, %i: index) -> f32 {
  %offset = arith.constant 256 : index
  %0 = memref.view %arena[%offset][] : memref<?xi8> to memref<4x8xf32>
  %1 = memref.subview %0[1, 2] [2, 4] [1, 1] : memref<4x8xf32> to memref<2x4xf32, strided<[8, 1], offset: 10>>
  %2 = memref.load %1[%i, %i] : memref<2x4xf32, strided<[8, 1], offset: 10>>
  func.return %2 : f32
}

// Scratch memory is a slot of the function's frame, even if the operation stands in a loop.
// CHECK: define void @"scratch"(float %".1", i64 %".2")
// CHECK: %".4" = icmp slt i64 0, %".2"
// CHECK-NEXT: %".7" = alloca [16 x float], align 64
// CHECK-NEXT: br i1 %".4", label %"for", label %"end"
// CHECK-NEXT: for:
// CHECK-NEXT: %".6" = phi i64 [0, %"entry"], [%".10", %"for"]
// CHECK-NEXT: %".8" = getelementptr inbounds float, ptr %".7", i64 %".6"
// CHECK-NEXT: store float %".1", ptr %".8", align 4
// CHECK-NEXT: %".10" = add nsw i64 %".6", 1
// CHECK-NEXT: %".11" = icmp slt i64 %".10", %".2"
// CHECK-NEXT: br i1 %".11", label %"for", label %"end"
// CHECK-NEXT: end:
// CHECK-NEXT: ret void
func.func @scratch(%x: f32, %i: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %j = %c0 to %i step %c1 {
    %0 = memref.alloca() {alignment = 64 : i64} : memref<16xf32>
    memref.store %x, %0[%j] : memref<16xf32>
  }
  func.return
}

// CHECK: define void @"prefetch"(ptr noalias nonnull %".1", i64 %".2")
// CHECK: %".4" = getelementptr inbounds float, ptr %".1", i64 %".2"
// CHECK-NEXT: call void @"llvm.prefetch.p0"(ptr %".4", i32 0, i32 2, i32 1)
// CHECK-NEXT: ret void
func.func @prefetch(%x: memref<64xf32>, %i: index) {
  memref.prefetch %x[%i], read, locality<2>, data : memref<64xf32>
  func.return
}
