// RUN: %roundtrip
// RUN: %generic_roundtrip

// Operations that find sizes, on tensors and on memrefs.

// CHECK-LABEL: func.func @found
// CHECK-SAME:    sizes = #engine.names<N in 0, K in 0 to "N * 4" data, L in 0 to "K" data, A in 0 to 7 data, B in 0 to 7 data>
// CHECK-NEXT:    %rows, %count = engine.nonzero %x {defines = ["K"]} : tensor<?x4xf32, #engine.sizes<"N">> -> tensor<?x2xi64, #engine.sizes<"K">>, tensor<1xi64>
// CHECK-NEXT:    %y, %n = engine.compress %rows, %marks {axis = 0 : i64, defines = ["L"]} : tensor<?x2xi64, #engine.sizes<"K">>, tensor<3xi1> -> tensor<?x2xi64, #engine.sizes<"L">>, tensor<1xi64>
// CHECK-NEXT:    %ab = engine.as_size %numbers {at_most = array<i64: 7, 7>, defines = ["A", "B"]} : tensor<2xi64> -> tensor<2xi64>
// CHECK-NEXT:    %z = engine.iota : tensor<?xi64, #engine.sizes<"A + B">>
func.func @found(%x: tensor<?x4xf32, #engine.sizes<"N">>, %marks: tensor<3xi1>, %numbers: tensor<2xi64>) -> (tensor<?x2xi64, #engine.sizes<"L">>, tensor<?xi64, #engine.sizes<"A + B">>) attributes {sizes = #engine.names<N in 0, K in 0 to "N * 4" data, L in 0 to "K" data, A in 0 to 7 data, B in 0 to 7 data>} {
  %rows, %count = engine.nonzero %x {defines = ["K"]} : tensor<?x4xf32, #engine.sizes<"N">> -> tensor<?x2xi64, #engine.sizes<"K">>, tensor<1xi64>
  %y, %n = engine.compress %rows, %marks {axis = 0 : i64, defines = ["L"]} : tensor<?x2xi64, #engine.sizes<"K">>, tensor<3xi1> -> tensor<?x2xi64, #engine.sizes<"L">>, tensor<1xi64>
  %ab = engine.as_size %numbers {at_most = array<i64: 7, 7>, defines = ["A", "B"]} : tensor<2xi64> -> tensor<2xi64>
  %z = engine.iota : tensor<?xi64, #engine.sizes<"A + B">>
  func.return %y, %z : tensor<?x2xi64, #engine.sizes<"L">>, tensor<?xi64, #engine.sizes<"A + B">>
}

// CHECK-LABEL: func.func @planned
// CHECK-NEXT:    engine.nonzero %x outs(%rows, %count : memref<?x2xi64, #engine.layout<"ab", sizes<"K">>>, memref<1xi64>) {defines = ["K"]} : memref<4x5xf32>
func.func @planned(%x: memref<4x5xf32>, %rows: memref<?x2xi64, #engine.layout<"ab", sizes<"K">>>, %count: memref<1xi64>) attributes {sizes = #engine.names<K in 0 to 20 data>} {
  engine.nonzero %x outs(%rows, %count : memref<?x2xi64, #engine.layout<"ab", sizes<"K">>>, memref<1xi64>) {defines = ["K"]} : memref<4x5xf32>
  func.return
}

// CHECK-LABEL: func.func @boxes
// CHECK-NEXT:    %rows, %order, %corners, %count = engine.suppress boxes(%b : tensor<?x?x4xf32, #engine.sizes<"N", "S">>) scores(%s : tensor<?x2x?xf32, #engine.sizes<"N", "S">>) limit(%n : tensor<i64>) overlap(%o : tensor<f32>) least(%o : tensor<f32>) {at_most = #engine.extents<["S"]>, centers, all_scores, defines = ["K"]} -> tensor<?x3xi64, #engine.sizes<"K">>, tensor<?xi64, #engine.sizes<"S">>, tensor<5x?xf32, #engine.sizes<"S">>, tensor<1xi64>
func.func @boxes(%b: tensor<?x?x4xf32, #engine.sizes<"N", "S">>, %s: tensor<?x2x?xf32, #engine.sizes<"N", "S">>, %n: tensor<i64>, %o: tensor<f32>) -> tensor<?x3xi64, #engine.sizes<"K">> attributes {sizes = #engine.names<N in 0, S in 0, K in 0 to "N * S * 2" data>} {
  %rows, %order, %corners, %count = engine.suppress boxes(%b : tensor<?x?x4xf32, #engine.sizes<"N", "S">>) scores(%s : tensor<?x2x?xf32, #engine.sizes<"N", "S">>) limit(%n : tensor<i64>) overlap(%o : tensor<f32>) least(%o : tensor<f32>) {at_most = #engine.extents<["S"]>, centers, all_scores, defines = ["K"]} -> tensor<?x3xi64, #engine.sizes<"K">>, tensor<?xi64, #engine.sizes<"S">>, tensor<5x?xf32, #engine.sizes<"S">>, tensor<1xi64>
  func.return %rows : tensor<?x3xi64, #engine.sizes<"K">>
}
