// RUN: opt-tool %s -t llvm --processor x86-64-v4 | filecheck %s

// A program whose sizes are open: `stepwell_main` hands the table of sizes (slot 5) to @main, and
// `stepwell_bind` has @bind fill it from the names, which follow the buffers in the frame. @bind is
// called once for each set of sizes and not worth an optimiser's time.

// CHECK: define internal void @"bind"(ptr noalias nonnull %".1", i64 %".2", ptr noalias nonnull %".3", i64 %".4") {{.*}}noinline{{.*}}optnone
func.func @bind(%names: memref<?xi64>, %table: memref<?xi64>) {
  %c0 = arith.constant 0 : index
  %n = memref.load %names[%c0] : memref<?xi64>
  memref.store %n, %table[%c0] : memref<?xi64>
  func.return
}

func.func @main(%weights: memref<?xi8>, %arena: memref<?xi8>, %table: memref<?xi64>, %x: memref<?xf32>, %y: memref<?xf32>) attributes {size_table = {entries = 1 : i64, limit = "N"}} {
  func.return
}

// CHECK: define i32 @"stepwell_main"(ptr %".1")
// CHECK: getelementptr i64, ptr %".1", i64 5
// CHECK-NEXT: %[[table:.*]] = load ptr
// CHECK: call void @"main"(ptr %".1", {{.*}}, ptr %[[table]], i64 0,

// CHECK: define void @"stepwell_bind"(ptr %".1")
// CHECK: %[[names:.*]] = getelementptr i64, ptr %".1", i64 9
// CHECK-NEXT: %[[slot:.*]] = getelementptr i64, ptr %".1", i64 5
// CHECK-NEXT: %[[filled:.*]] = load ptr, ptr %[[slot]]
// CHECK-NEXT: call void @"bind"(ptr %[[names]], i64 0, ptr %[[filled]], i64 0)
