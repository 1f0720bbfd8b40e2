// RUN: opt-tool %s --split-input-file -p plan-memory,check-memory-plan | filecheck %s

// A place is as large as what the data decides can be; strides are those of what there is.
func.func @found(%x: tensor<?x?xf32, #engine.sizes<"N", "S">>, %t: tensor<9x8xf32>) -> tensor<?x2x8xf32, #engine.sizes<"K">>
    attributes {sizes = #engine.names<N in 0 hint 4, S in 0 hint 8, K in 0 to "N * S" data>, input_names = ["x", "t"], output_names = ["y"]} {
  %rows, %count = engine.nonzero %x {defines = ["K"]} : tensor<?x?xf32, #engine.sizes<"N", "S">> -> tensor<?x2xi64, #engine.sizes<"K">>, tensor<1xi64>
  %y = engine.gather %t, %rows {axis = 0 : i64} : tensor<9x8xf32>, tensor<?x2xi64, #engine.sizes<"K">> -> tensor<?x2x8xf32, #engine.sizes<"K">>
  func.return %y : tensor<?x2x8xf32, #engine.sizes<"K">>
}

// CHECK-LABEL:  func.func @found(%arena: memref<?xi8>, %x: memref<?x?xf32, #engine.layout<"ab", sizes<"N", "S">>>, %t: memref<9x8xf32>, %y: memref<?x2x8xf32, #engine.layout<"abc", sizes<"K">>>) attributes {sizes = #engine.names<N in 0 hint 4, S in 0 hint 8, K in 0 to "N * S" data>, input_names = ["x", "t"], output_names = ["y"], output_digests = ["{{.*}}"], plan = #engine.plan<0 : "N * S * 16" above [], 1 : 8 above [0]>} {
// CHECK-NEXT:      %rows = engine.view %arena {place = 0 : i64} : memref<?xi8> -> memref<?x2xi64, #engine.layout<"ab", sizes<"K">>>
// CHECK-NEXT:      %count = engine.view %arena {place = 1 : i64} : memref<?xi8> -> memref<1xi64>
// CHECK-NEXT:      engine.nonzero %x outs(%rows, %count : memref<?x2xi64, #engine.layout<"ab", sizes<"K">>>, memref<1xi64>) {defines = ["K"]} : memref<?x?xf32, #engine.layout<"ab", sizes<"N", "S">>>
// CHECK-NEXT:      engine.gather %t, %rows outs(%y : memref<?x2x8xf32, #engine.layout<"abc", sizes<"K">>>) {axis = 0 : i64} : memref<9x8xf32>, memref<?x2xi64, #engine.layout<"ab", sizes<"K">>>
// CHECK-NEXT:      func.return
// CHECK-NEXT:    }

// -----

// What is found lies at the start of the whole, where its place is known; what was there before
// would lie behind it, where nobody knows yet, and is copied.
func.func @joined(%x: tensor<6x5xf32>, %z: tensor<3x2xi64>) -> tensor<?x2xi64, #engine.sizes<"K + 3">>
    attributes {sizes = #engine.names<K in 0 to 30 data>, input_names = ["x", "z"], output_names = ["y"]} {
  %before = engine.scan %z {axis = 0 : i64, kind = "sum"} : tensor<3x2xi64> -> tensor<3x2xi64>
  %rows, %count = engine.nonzero %x {defines = ["K"]} : tensor<6x5xf32> -> tensor<?x2xi64, #engine.sizes<"K">>, tensor<1xi64>
  %y = engine.concat %rows, %before {axis = 0 : i64} : tensor<?x2xi64, #engine.sizes<"K">>, tensor<3x2xi64> -> tensor<?x2xi64, #engine.sizes<"K + 3">>
  func.return %y : tensor<?x2xi64, #engine.sizes<"K + 3">>
}

// CHECK-LABEL:  func.func @joined(
// CHECK-SAME:     plan = #engine.plan<0 : 48 above [], 1 : 8 above [0]>
// CHECK-NEXT:      %before = engine.view %arena {place = 0 : i64} : memref<?xi8> -> memref<3x2xi64>
// CHECK:           %rows = engine.view %y {offset = 0 : i64} : memref<?x2xi64, #engine.layout<"ab", sizes<"K + 3">>> -> memref<?x2xi64, #engine.layout<"ab", sizes<"K">>>
// CHECK:           engine.concat %rows, %before outs(%y {{.*}}) {absorbed = array<i64: 0>, axis = 0 : i64}
