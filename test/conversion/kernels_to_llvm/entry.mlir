// RUN: opt-tool %s -t llvm --processor x86-64-v4 | filecheck %s
// RUN: opt-tool %s -t llvm --processor aarch64 | filecheck %s --check-prefix=ARM

// `stepwell_main` reads the frame (runtime/abi.py) and calls @main: slot 0 are the weights, 1 the
// arena, 4 the error status, which it clears and returns, and from 7 on inputs and outputs.

func.func private @stepwell_reference(index) -> ()
func.func private @stepwell_clock() -> i64

// Slot 3 is called with the number of the operation and the frame; on AArch64 the clock is another
// counter, for its cycle counter may not be read by programs.
// CHECK: define internal void @"main"(ptr %".1", ptr %".2", i64 %".3", ptr %".4", i64 %".5", ptr %".6", ptr %".7", ptr %".8")
// CHECK: %".10" = getelementptr i64, ptr %".1", i64 3
// CHECK-NEXT: %".11" = load i64, ptr %".10", align 8
// CHECK-NEXT: %".12" = inttoptr i64 %".11" to void (i64, ptr)*
// CHECK-NEXT: call void %".12"(i64 2, ptr %".1")
// CHECK-NEXT: %".14" = call i64 @"llvm.readcyclecounter"()
// CHECK-NEXT: store i64 %".14", ptr %".6", align 8
// CHECK-NEXT: ret void
// ARM: call i64 @"llvm.readsteadycounter"()
func.func @main(%weights: memref<?xi8>, %arena: memref<?xi8>, %status: memref<1xi64>, %x: memref<4xf32>, %y: memref<4xf32>) attributes {error_status} {
  %c2 = arith.constant 2 : index
  func.call @stepwell_reference(%c2) : (index) -> ()
  %ticks = func.call @stepwell_clock() : () -> i64
  %c0 = arith.constant 0 : index
  memref.store %ticks, %status[%c0] : memref<1xi64>
  func.return
}

// CHECK: define i32 @"stepwell_main"(ptr %".1")
// CHECK: %".3" = getelementptr i64, ptr %".1", i64 4
// CHECK-NEXT: store i64 0, ptr %".3", align 8
// CHECK-NEXT: %".5" = getelementptr i64, ptr %".1", i64 0
// CHECK-NEXT: %".6" = load ptr, ptr %".5", align 8
// CHECK-NEXT: %".7" = getelementptr i64, ptr %".1", i64 1
// CHECK-NEXT: %".8" = load ptr, ptr %".7", align 8
// CHECK-NEXT: %".9" = getelementptr i64, ptr %".1", i64 7
// CHECK-NEXT: %".10" = load ptr, ptr %".9", align 8
// CHECK-NEXT: %".11" = getelementptr i64, ptr %".1", i64 8
// CHECK-NEXT: %".12" = load ptr, ptr %".11", align 8
// CHECK-NEXT: call void @"main"(ptr %".1", ptr %".6", i64 0, ptr %".8", i64 0, ptr %".3", ptr %".10", ptr %".12")
// CHECK-NEXT: %".14" = load i64, ptr %".3", align 8
// CHECK-NEXT: %".15" = trunc i64 %".14" to i32
// CHECK-NEXT: ret i32 %".15"
