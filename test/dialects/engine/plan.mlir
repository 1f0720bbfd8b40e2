// RUN: %roundtrip
// RUN: %generic_roundtrip

// The plan of an arena whose bytes sizes decide, and views of its places.

// CHECK-LABEL:  func.func @main(%arena: memref<?xi8>, %x: memref<?x64xf32, #engine.layout<"ab", sizes<"H">>>) attributes {plan = #engine.plan<0 : "H * 256" above [] | [1], 1 : 4096 above [0] | [], 2 : "max(H, W) * 128 + 12" above [0, 1] | [0]>} {
// CHECK-NEXT:    %0 = engine.view %arena {place = 0 : i64} : memref<?xi8> -> memref<?x64xf32, #engine.layout<"ab", sizes<"H">>>
// CHECK-NEXT:    %1 = engine.view %arena {place = 0 : i64, offset = "H * 128"} : memref<?xi8> -> memref<?x32xf32, #engine.layout<"ab", sizes<"H">>>
// CHECK-NEXT:    %2 = engine.view %arena {place = 1 : i64, offset = 64 : i64} : memref<?xi8> -> memref<1008xf32>
// CHECK-NEXT:    %3 = engine.view %x {offset = "H * 192", elements = #engine.extents<["H * 48", 1]>} : memref<?x64xf32, #engine.layout<"ab", sizes<"H">>> -> memref<?xf32, #engine.layout<"a", sizes<"H * 16">>>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @main(%arena: memref<?xi8>, %x: memref<?x64xf32, #engine.layout<"ab", sizes<"H">>>) attributes {plan = #engine.plan<0 : "256 * H" above [] | [1], 1 : 4096 above [0] | [], 2 : "max(W, H) * 128 + 12" above [0, 1] | [0]>} {
  %0 = engine.view %arena {place = 0 : i64} : memref<?xi8> -> memref<?x64xf32, #engine.layout<"ab", sizes<"H">>>
  %1 = engine.view %arena {place = 0 : i64, offset = "H * 128"} : memref<?xi8> -> memref<?x32xf32, #engine.layout<"ab", sizes<"H">>>
  %2 = engine.view %arena {place = 1 : i64, offset = 64 : i64} : memref<?xi8> -> memref<1008xf32>
  %3 = engine.view %x {offset = "H * 192", elements = #engine.extents<["H * 48", 1]>} : memref<?x64xf32, #engine.layout<"ab", sizes<"H">>> -> memref<?xf32, #engine.layout<"a", sizes<"16 * H">>>
  func.return
}

// An arena without places.
// CHECK-LABEL:  func.func @nothing(%arena: memref<?xi8>) attributes {plan = #engine.plan<>} {
func.func @nothing(%arena: memref<?xi8>) attributes {plan = #engine.plan<>} {
  func.return
}
