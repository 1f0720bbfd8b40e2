// RUN: %roundtrip
// RUN: %generic_roundtrip

// Sizes as data, on tensors and on memrefs.

// CHECK-LABEL: func.func @by_name
// CHECK-NEXT:    %y = engine.iota : tensor<?xi64, #engine.sizes<"S">>
// CHECK-NEXT:    %z = engine.size_values {sizes = #engine.extents<["N", 4, "S + 1"]>} : tensor<3xi64>
func.func @by_name(%x: tensor<?x?xf32, #engine.sizes<"N", "S">>) -> (tensor<?xi64, #engine.sizes<"S">>, tensor<3xi64>) {
  %y = engine.iota : tensor<?xi64, #engine.sizes<"S">>
  %z = engine.size_values {sizes = #engine.extents<["N", 4, "1 + S"]>} : tensor<3xi64>
  func.return %y, %z : tensor<?xi64, #engine.sizes<"S">>, tensor<3xi64>
}

// CHECK-LABEL: func.func @planned
// CHECK-NEXT:    engine.iota outs(%y : memref<5xi32>)
// CHECK-NEXT:    engine.size_values outs(%z : memref<2xi64>) {sizes = array<i64: 2, 4>}
func.func @planned(%y: memref<5xi32>, %z: memref<2xi64>) {
  engine.iota outs(%y : memref<5xi32>)
  engine.size_values outs(%z : memref<2xi64>) {sizes = array<i64: 2, 4>}
  func.return
}
