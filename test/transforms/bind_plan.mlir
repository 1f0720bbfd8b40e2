// RUN: opt-tool %s -p 'bind-sizes{sizes=H=2,W=1}' | filecheck %s
// RUN: opt-tool %s -p 'bind-sizes{sizes=H=0,W=1}' | filecheck %s --check-prefix EMPTY
// RUN: opt-tool %s -p 'bind-sizes{sizes=W=2}' | filecheck %s --check-prefix PART

// Places become offsets of the structure with the smallest arena, which gets its bytes. The layout
// of what lies densely by then is not said.
// CHECK-LABEL:  func.func @main(%arena: memref<576xi8>, %x: memref<2x4xf32>) {
// CHECK-NEXT:    %{{.*}} = engine.view %arena {offset = 64 : i64} : memref<576xi8> -> memref<2x64xf32>
// CHECK-NEXT:    %{{.*}} = engine.view %arena {offset = 320 : i64} : memref<576xi8> -> memref<2x32xf32>
// CHECK-NEXT:    %{{.*}} = engine.view %arena {offset = 16 : i64} : memref<576xi8> -> memref<4xf32>
// CHECK-NEXT:    %{{.*}} = engine.view %x {offset = 0 : i64, elements = array<i64: 0, 4>} : memref<2x4xf32> -> memref<2xf32, #engine.layout<"a", [4]>>
// CHECK-NEXT:    func.return

// What is empty begins where its base or its place does.
// EMPTY:       func.func @main(%arena: memref<64xi8>, %x: memref<0x4xf32>) {
// EMPTY-NEXT:    %{{.*}} = engine.view %arena {offset = 64 : i64} : memref<64xi8> -> memref<0x64xf32>
// EMPTY-NEXT:    %{{.*}} = engine.view %arena {offset = 64 : i64} : memref<64xi8> -> memref<0x32xf32>
// EMPTY-NEXT:    %{{.*}} = engine.view %arena {offset = 16 : i64} : memref<64xi8> -> memref<4xf32>

// Places stay as long as a name is left.
// PART:        func.func @main(%arena: memref<?xi8>, %x: memref<?x4xf32, #engine.layout<"ab", sizes<"H">>>) attributes {sizes = #engine.names<H in 0>, plan = #engine.plan<0 : "H * 256" above [1, 2] | [1], 1 : 64 above [2] | [], 2 : 128 above [] | []>} {
// PART-NEXT:     %{{.*}} = engine.view %arena {place = 0 : i64} : memref<?xi8> -> memref<?x64xf32, #engine.layout<"ab", sizes<"H">>>
// PART-NEXT:     %{{.*}} = engine.view %arena {place = 0 : i64, offset = "H * 128"} : memref<?xi8> -> memref<?x32xf32, #engine.layout<"ab", sizes<"H">>>
func.func @main(%arena: memref<?xi8>, %x: memref<?x4xf32, #engine.layout<"ab", sizes<"H">>>) attributes {sizes = #engine.names<H in 0, W in 0>, output_digests = ["00"], plan = #engine.plan<0 : "H * 256" above [1, 2] | [1], 1 : 64 above [2] | [], 2 : "W * 64" above [] | []>} {
  %0 = engine.view %arena {place = 0 : i64} : memref<?xi8> -> memref<?x64xf32, #engine.layout<"ab", sizes<"H">>>
  %1 = engine.view %arena {place = 0 : i64, offset = "H * 128"} : memref<?xi8> -> memref<?x32xf32, #engine.layout<"ab", sizes<"H">>>
  %2 = engine.view %arena {place = 1 : i64, offset = 16 : i64} : memref<?xi8> -> memref<4xf32>
  %3 = engine.view %x {offset = 0 : i64, elements = array<i64: 0, 4>} : memref<?x4xf32, #engine.layout<"ab", sizes<"H">>> -> memref<?xf32, #engine.layout<"a", [4], sizes<"H">>>
  func.return
}
