// RUN: opt-tool %s -t llvm --processor x86-64-v4 | filecheck %s

// A parallel loop of @main becomes a function of a chunk, which the thread pool of slot 2 runs;
// what it uses from outside is handed over in slots of 8 bytes on the stack.

// What is captured is stored, then the pool is handed the function, the slots and four chunks.
// CHECK: define internal void @"main"(ptr %".1", ptr %".2", i64 %".3", ptr %".4", i64 %".5", ptr %".6", ptr %".7")
// CHECK: %".9" = load float, ptr %".7", align 4
// CHECK-NEXT: %".10" = alloca [2 x i64], align 8
// CHECK-NEXT: store float %".9", ptr %".10", align 8
// CHECK-NEXT: %".12" = getelementptr inbounds i64, ptr %".10", i64 1
// CHECK-NEXT: store ptr %".6", ptr %".12", align 8
// CHECK-NEXT: %".14" = getelementptr inbounds i64, ptr %".1", i64 2
// CHECK-NEXT: %".15" = load ptr, ptr %".14", align 8
// CHECK-NEXT: call void @"stepwell_parallel"(ptr %".15", void (ptr, i64)* @"task_1", ptr %".10", i64 4)
// CHECK-NEXT: ret void
func.func @main(%weights: memref<?xi8>, %arena: memref<?xi8>, %x: memref<8xf32>, %seed: memref<1xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %v = memref.load %seed[%c0] : memref<1xf32>
  "scf.parallel"(%c0, %c8, %c2) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %v, %x[%i] : memref<8xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}

// The function of a chunk loads them again. Constants are not captured: the step is written out.
// CHECK: define internal void @"task_1"(ptr %".1", i64 %".2")
// CHECK: %".4" = load float, ptr %".1", align 8
// CHECK-NEXT: %".5" = getelementptr inbounds i64, ptr %".1", i64 1
// CHECK-NEXT: %".6" = load ptr, ptr %".5", align 8
// CHECK-NEXT: %".7" = mul i64 %".2", 2
// CHECK-NEXT: %".8" = add i64 %".7", 0
// CHECK-NEXT: %".9" = getelementptr inbounds float, ptr %".6", i64 %".8"
// CHECK-NEXT: store float %".4", ptr %".9", align 4
// CHECK-NEXT: ret void

// CHECK: declare void @"stepwell_parallel"(ptr %".1", ptr %".2", ptr %".3", i64 %".4")
