// RUN: opt-tool %s -t llvm --processor x86-64-v4 | filecheck %s

// How functions are declared and called.

// The memrefs of a kernel never overlap...
// CHECK: define void @"kernel"(ptr noalias nonnull %".1", ptr noalias nonnull %".2")
// CHECK: ret void
func.func @kernel(%x: memref<4xf32>, %y: memref<4xf32>) {
  func.return
}

// ... unless it says that they may.
// CHECK: define void @"in_place"(ptr nonnull %".1", ptr nonnull %".2")
// CHECK: ret void
func.func @in_place(%x: memref<4xf32>, %y: memref<4xf32>) attributes {may_alias} {
  func.return
}

// A tile function stays a function of its own.
// CHECK: define internal float @"tile"(float %".1") {{.*}} noinline
// CHECK: ret float %".1"
func.func private @tile(%x: f32) -> f32 {
  func.return %x : f32
}

// A kernel of another object.
// CHECK: declare void @"elsewhere"(i64 %".1", ptr %".2", i64 %".3")
func.func private @elsewhere(%chunk: index, %x: memref<?x4xf32>) -> ()

// CHECK: define float @"caller"(ptr noalias nonnull %".1", i64 %".2", float %".3")
// CHECK: call void @"elsewhere"(i64 0, ptr %".1", i64 %".2")
// CHECK-NEXT: %".6" = call float @"tile"(float %".3")
// CHECK-NEXT: ret float %".6"
func.func @caller(%x: memref<?x4xf32>, %v: f32) -> f32 {
  %c0 = arith.constant 0 : index
  func.call @elsewhere(%c0, %x) : (index, memref<?x4xf32>) -> ()
  %0 = func.call @tile(%v) : (f32) -> f32
  func.return %0 : f32
}
