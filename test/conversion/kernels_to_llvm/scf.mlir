// RUN: opt-tool %s -t llvm --processor x86-64-v4 | filecheck %s

// Structured control flow becomes basic blocks in the form that LLVM would rotate them to, for no
// pass of LLVM runs.

// Known bounds: the first trip needs no test.
// CHECK: define float @"known_bounds"(float %".1")
// CHECK: br label %"for"
// CHECK-NEXT: for:
// CHECK-NEXT: %".4" = phi i64 [0, %"entry"], [%".7", %"for"]
// CHECK-NEXT: %".5" = phi float [%".1", %"entry"], [%".6", %"for"]
// CHECK-NEXT: %".6" = fadd float %".5", %".1"
// CHECK-NEXT: %".7" = add nsw i64 %".4", 1
// CHECK-NEXT: %".8" = icmp slt i64 %".7", 8
// CHECK-NEXT: br i1 %".8", label %"for", label %"end"
// CHECK-NEXT: end:
// CHECK-NEXT: %".10" = phi float [%".6", %"for"]
// CHECK-NEXT: ret float %".10"
func.func @known_bounds(%x: f32) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %0 = scf.for %i = %c0 to %c8 step %c1 iter_args(%sum = %x) -> (f32) {
    %1 = arith.addf %sum, %x : f32
    scf.yield %1 : f32
  }
  func.return %0 : f32
}

// Unknown bounds: a test in front, and its value if there is no trip.
// CHECK: define float @"open_bounds"(float %".1", i64 %".2")
// CHECK: %".4" = icmp slt i64 0, %".2"
// CHECK-NEXT: br i1 %".4", label %"for", label %"end"
// CHECK-NEXT: for:
// CHECK-NEXT: %".6" = phi i64 [0, %"entry"], [%".9", %"for"]
// CHECK-NEXT: %".7" = phi float [%".1", %"entry"], [%".8", %"for"]
// CHECK-NEXT: %".8" = fadd float %".7", %".1"
// CHECK-NEXT: %".9" = add nsw i64 %".6", 1
// CHECK-NEXT: %".10" = icmp slt i64 %".9", %".2"
// CHECK-NEXT: br i1 %".10", label %"for", label %"end"
// CHECK-NEXT: end:
// CHECK-NEXT: %".12" = phi float [%".8", %"for"], [%".1", %"entry"]
// CHECK-NEXT: ret float %".12"
func.func @open_bounds(%x: f32, %n: index) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = scf.for %i = %c0 to %n step %c1 iter_args(%sum = %x) -> (f32) {
    %1 = arith.addf %sum, %x : f32
    scf.yield %1 : f32
  }
  func.return %0 : f32
}

// No trip at all: no loop.
// CHECK: define float @"no_trip"(float %".1")
// CHECK: ret float %".1"
func.func @no_trip(%x: f32) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = scf.for %i = %c1 to %c0 step %c1 iter_args(%sum = %x) -> (f32) {
    scf.yield %sum : f32
  }
  func.return %0 : f32
}

// CHECK: define float @"branch"(i1 %".1", float %".2")
// CHECK: br i1 %".1", label %"branch", label %"branch.1"
// CHECK-NEXT: branch:
// CHECK-NEXT: %".5" = fneg float %".2"
// CHECK-NEXT: br label %"joined"
// CHECK-NEXT: branch.1:
// CHECK-NEXT: br label %"joined"
// CHECK-NEXT: joined:
// CHECK-NEXT: %".8" = phi float [%".5", %"branch"], [%".2", %"branch.1"]
// CHECK-NEXT: ret float %".8"
func.func @branch(%c: i1, %x: f32) -> f32 {
  %0 = scf.if %c -> (f32) {
    %1 = arith.negf %x : f32
    scf.yield %1 : f32
  } else {
    scf.yield %x : f32
  }
  func.return %0 : f32
}

// CHECK: define i64 @"repeat"(i64 %".1")
// CHECK: br label %"while"
// CHECK-NEXT: while:
// CHECK-NEXT: %".4" = phi i64 [1, %"entry"], [%".7", %"do"]
// CHECK-NEXT: %".5" = icmp slt i64 %".4", %".1"
// CHECK-NEXT: br i1 %".5", label %"do", label %"done"
// CHECK-NEXT: do:
// CHECK-NEXT: %".7" = add i64 %".4", %".4"
// CHECK-NEXT: br label %"while"
// CHECK-NEXT: done:
// CHECK-NEXT: ret i64 %".4"
func.func @repeat(%n: i64) -> i64 {
  %one = arith.constant 1 : i64
  %0 = scf.while (%i = %one) : (i64) -> i64 {
    %1 = arith.cmpi slt, %i, %n : i64
    scf.condition(%1) %i : i64
  } do {
  ^bb0(%i: i64):
    %2 = arith.addi %i, %i : i64
    scf.yield %2 : i64
  }
  func.return %0 : i64
}

// Outside of @main there is no pool: the chunks run in order.
// CHECK: define void @"in_order"(ptr noalias nonnull %".1", float %".2")
// CHECK: %".4" = icmp slt i64 0, 8
// CHECK-NEXT: br i1 %".4", label %"count", label %"counted"
// CHECK-NEXT: count:
// CHECK-NEXT: %".6" = phi i64 [0, %"entry"], [%".11", %"count"]
// CHECK-NEXT: %".7" = mul i64 %".6", 1
// CHECK-NEXT: %".8" = add i64 %".7", 0
// CHECK-NEXT: %".9" = getelementptr inbounds float, ptr %".1", i64 %".8"
// CHECK-NEXT: store float %".2", ptr %".9", align 4
// CHECK-NEXT: %".11" = add nsw i64 %".6", 1
// CHECK-NEXT: %".12" = icmp slt i64 %".11", 8
// CHECK-NEXT: br i1 %".12", label %"count", label %"counted"
// CHECK-NEXT: counted:
// CHECK-NEXT: ret void
func.func @in_order(%x: memref<8xf32>, %v: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  "scf.parallel"(%c0, %c8, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %v, %x[%i] : memref<8xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
