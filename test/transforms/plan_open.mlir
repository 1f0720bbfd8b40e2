// RUN: opt-tool %s --split-input-file -p 'plan-memory' | filecheck %s

// Places instead of offsets where sizes are open.

// A cache grows: both operands of the concat are written into the output, the second where the
// first ends.
func.func @cache(%past: tensor<?x8xf32, #engine.sizes<"P">>, %x: tensor<?x8xf32, #engine.sizes<"S">>) -> tensor<?x8xf32, #engine.sizes<"P + S">>
    attributes {sizes = #engine.names<P in 0, S in 1 hint 1>} {
  %a = engine.softmax %past {axis = 1 : i64} : tensor<?x8xf32, #engine.sizes<"P">> -> tensor<?x8xf32, #engine.sizes<"P">>
  %b = engine.softmax %x {axis = 1 : i64} : tensor<?x8xf32, #engine.sizes<"S">> -> tensor<?x8xf32, #engine.sizes<"S">>
  %c = engine.concat %a, %b {axis = 0 : i64} : tensor<?x8xf32, #engine.sizes<"P">>, tensor<?x8xf32, #engine.sizes<"S">> -> tensor<?x8xf32, #engine.sizes<"P + S">>
  func.return %c : tensor<?x8xf32, #engine.sizes<"P + S">>
}

// CHECK-LABEL:  func.func @cache(%arena: memref<?xi8>, %past: memref<?x8xf32, #engine.layout<"ab", sizes<"P">>>, %x: memref<?x8xf32, #engine.layout<"ab", sizes<"S">>>, %c: memref<?x8xf32, #engine.layout<"ab", sizes<"P + S">>>) attributes {sizes = #engine.names<P in 0, S in 1 hint 1>, output_digests = ["{{.*}}"], plan = #engine.plan<>} {
// CHECK-NEXT:      %a = engine.view %c {offset = 0 : i64} : memref<?x8xf32, #engine.layout<"ab", sizes<"P + S">>> -> memref<?x8xf32, #engine.layout<"ab", sizes<"P">>>
// CHECK-NEXT:      engine.softmax %past outs(%a : memref<?x8xf32, #engine.layout<"ab", sizes<"P">>>) {axis = 1 : i64} : memref<?x8xf32, #engine.layout<"ab", sizes<"P">>>
// CHECK-NEXT:      %b = engine.view %c {offset = "P * 32"} : memref<?x8xf32, #engine.layout<"ab", sizes<"P + S">>> -> memref<?x8xf32, #engine.layout<"ab", sizes<"S">>>
// CHECK-NEXT:      engine.softmax %x outs(%b : memref<?x8xf32, #engine.layout<"ab", sizes<"S">>>) {axis = 1 : i64} : memref<?x8xf32, #engine.layout<"ab", sizes<"S">>>
// CHECK-NEXT:      engine.concat %a, %b outs(%c : memref<?x8xf32, #engine.layout<"ab", sizes<"P + S">>>) {absorbed = array<i64: 0, 1>, axis = 0 : i64} : memref<?x8xf32, #engine.layout<"ab", sizes<"P">>>, memref<?x8xf32, #engine.layout<"ab", sizes<"S">>>
// CHECK-NEXT:      func.return
// CHECK-NEXT:    }

// -----

// The last row is a view of the input: it is there, for S is at least 1.
func.func @last_row(%x: tensor<?x8xf32, #engine.sizes<"S">>) -> tensor<1x8xf32> attributes {sizes = #engine.names<S in 1>} {
  %l = engine.slice %x {starts = #engine.extents<["S - 1", 0]>, sizes = array<i64: 1, 8>, steps = array<i64: 1, 1>} : tensor<?x8xf32, #engine.sizes<"S">> -> tensor<1x8xf32>
  %y = engine.softmax %l {axis = 1 : i64} : tensor<1x8xf32> -> tensor<1x8xf32>
  func.return %y : tensor<1x8xf32>
}

// CHECK-LABEL:  func.func @last_row(%arena: memref<?xi8>, %x: memref<?x8xf32, #engine.layout<"ab", sizes<"S">>>, %y: memref<1x8xf32>) attributes {sizes = #engine.names<S in 1>, output_digests = ["{{.*}}"], plan = #engine.plan<>} {
// CHECK-NEXT:      %l = engine.view %x {offset = "S * 32 - 32", elements = #engine.extents<["S * 8 - 8", 8, 1]>} : memref<?x8xf32, #engine.layout<"ab", sizes<"S">>> -> memref<1x8xf32>
// CHECK-NEXT:      engine.softmax %l outs(%y : memref<1x8xf32>) {axis = 1 : i64} : memref<1x8xf32>
// CHECK-NEXT:      func.return
// CHECK-NEXT:    }

// -----

// It is copied where nothing says so.
func.func @perhaps_no_row(%x: tensor<?x8xf32, #engine.sizes<"S">>) -> tensor<1x8xf32> {
  %l = engine.slice %x {starts = #engine.extents<["S - 1", 0]>, sizes = array<i64: 1, 8>, steps = array<i64: 1, 1>} : tensor<?x8xf32, #engine.sizes<"S">> -> tensor<1x8xf32>
  %y = engine.softmax %l {axis = 1 : i64} : tensor<1x8xf32> -> tensor<1x8xf32>
  func.return %y : tensor<1x8xf32>
}

// CHECK-LABEL:  func.func @perhaps_no_row(%arena: memref<?xi8>, %x: memref<?x8xf32, #engine.layout<"ab", sizes<"S">>>, %y: memref<1x8xf32>) attributes {output_digests = ["{{.*}}"], plan = #engine.plan<0 : 32 above []>} {
// CHECK-NEXT:      %l = engine.view %arena {place = 0 : i64} : memref<?xi8> -> memref<1x8xf32>
// CHECK-NEXT:      engine.slice %x outs(%l : memref<1x8xf32>) {starts = #engine.extents<["S - 1", 0]>, sizes = array<i64: 1, 8>, steps = array<i64: 1, 1>} : memref<?x8xf32, #engine.layout<"ab", sizes<"S">>>
// CHECK-NEXT:      engine.softmax %l outs(%y : memref<1x8xf32>) {axis = 1 : i64} : memref<1x8xf32>
// CHECK-NEXT:      func.return
// CHECK-NEXT:    }

// -----

// Which of a product and the operands of the next one is larger depends on S: for large S the
// products lie below, for small ones what they are made from.
func.func @scores(%x: tensor<?x64xf32, #engine.sizes<"S">>, %w: tensor<64x64xf32>) -> tensor<?x64xf32, #engine.sizes<"S">> attributes {sizes = #engine.names<S in 1 to 4096 hint 8>} {
  %q = engine.matmul %x, %w : tensor<?x64xf32, #engine.sizes<"S">>, tensor<64x64xf32> -> tensor<?x64xf32, #engine.sizes<"S">>
  %k = engine.matmul %q, %w : tensor<?x64xf32, #engine.sizes<"S">>, tensor<64x64xf32> -> tensor<?x64xf32, #engine.sizes<"S">>
  %s = engine.matmul %q, %k {trans_rhs} : tensor<?x64xf32, #engine.sizes<"S">>, tensor<?x64xf32, #engine.sizes<"S">> -> tensor<?x?xf32, #engine.sizes<"S", "S">>
  %t = engine.matmul %s, %s : tensor<?x?xf32, #engine.sizes<"S", "S">>, tensor<?x?xf32, #engine.sizes<"S", "S">> -> tensor<?x?xf32, #engine.sizes<"S", "S">>
  %v = engine.matmul %t, %k : tensor<?x?xf32, #engine.sizes<"S", "S">>, tensor<?x64xf32, #engine.sizes<"S">> -> tensor<?x64xf32, #engine.sizes<"S">>
  %y = engine.matmul %v, %w : tensor<?x64xf32, #engine.sizes<"S">>, tensor<64x64xf32> -> tensor<?x64xf32, #engine.sizes<"S">>
  func.return %y : tensor<?x64xf32, #engine.sizes<"S">>
}

// CHECK-LABEL:  func.func @scores(%arena: memref<?xi8>, %x: memref<?x64xf32, #engine.layout<"ab", sizes<"S">>>, %w: memref<64x64xf32>, %y: memref<?x64xf32, #engine.layout<"ab", sizes<"S">>>) attributes {sizes = #engine.names<S in 1 to 4096 hint 8>, output_digests = ["{{.*}}"], plan = #engine.plan<0 : "S * 256" above [], 1 : "S * 256" above [0, 4], 2 : "S * S * 4" above [1], 3 : "S * S * 4" above [2], 4 : "S * 256" above []>} {
// CHECK-NEXT:      %q = engine.view %arena {place = 0 : i64} : memref<?xi8> -> memref<?x64xf32, #engine.layout<"ab", sizes<"S">>>
// CHECK-NEXT:      engine.matmul %x, %w outs(%q : memref<?x64xf32, #engine.layout<"ab", sizes<"S">>>) : memref<?x64xf32, #engine.layout<"ab", sizes<"S">>>, memref<64x64xf32>
// CHECK-NEXT:      %k = engine.view %arena {place = 1 : i64} : memref<?xi8> -> memref<?x64xf32, #engine.layout<"ab", sizes<"S">>>
// CHECK-NEXT:      engine.matmul %q, %w outs(%k : memref<?x64xf32, #engine.layout<"ab", sizes<"S">>>) : memref<?x64xf32, #engine.layout<"ab", sizes<"S">>>, memref<64x64xf32>
// CHECK-NEXT:      %s = engine.view %arena {place = 2 : i64} : memref<?xi8> -> memref<?x?xf32, #engine.layout<"ab", sizes<"S", "S">>>
// CHECK-NEXT:      engine.matmul %q, %k outs(%s : memref<?x?xf32, #engine.layout<"ab", sizes<"S", "S">>>) {trans_rhs} : memref<?x64xf32, #engine.layout<"ab", sizes<"S">>>, memref<?x64xf32, #engine.layout<"ab", sizes<"S">>>
// CHECK-NEXT:      %t = engine.view %arena {place = 3 : i64} : memref<?xi8> -> memref<?x?xf32, #engine.layout<"ab", sizes<"S", "S">>>
// CHECK-NEXT:      engine.matmul %s, %s outs(%t : memref<?x?xf32, #engine.layout<"ab", sizes<"S", "S">>>) : memref<?x?xf32, #engine.layout<"ab", sizes<"S", "S">>>, memref<?x?xf32, #engine.layout<"ab", sizes<"S", "S">>>
// CHECK-NEXT:      %v = engine.view %arena {place = 4 : i64} : memref<?xi8> -> memref<?x64xf32, #engine.layout<"ab", sizes<"S">>>
// CHECK-NEXT:      engine.matmul %t, %k outs(%v : memref<?x64xf32, #engine.layout<"ab", sizes<"S">>>) : memref<?x?xf32, #engine.layout<"ab", sizes<"S", "S">>>, memref<?x64xf32, #engine.layout<"ab", sizes<"S">>>
// CHECK-NEXT:      engine.matmul %v, %w outs(%y : memref<?x64xf32, #engine.layout<"ab", sizes<"S">>>) : memref<?x64xf32, #engine.layout<"ab", sizes<"S">>>, memref<64x64xf32>
// CHECK-NEXT:      func.return
// CHECK-NEXT:    }

// -----

// The relation says that both halves of the result are equally high, so they lie in it.
func.func @skip(%a: tensor<1x8x?x4xf32, #engine.sizes<"H">>, %b: tensor<1x8x?x4xf32, #engine.sizes<"(H floordiv 2) * 2">>) -> tensor<1x16x?x4xf32, #engine.sizes<"H">>
    attributes {sizes = #engine.names<H in 2 hint 8>, relations = [#engine.relation<"(H floordiv 2) * 2", "H", "/up/Concat">]} {
  %p = engine.softmax %a {axis = 3 : i64} : tensor<1x8x?x4xf32, #engine.sizes<"H">> -> tensor<1x8x?x4xf32, #engine.sizes<"H">>
  %q = engine.softmax %b {axis = 3 : i64} : tensor<1x8x?x4xf32, #engine.sizes<"(H floordiv 2) * 2">> -> tensor<1x8x?x4xf32, #engine.sizes<"(H floordiv 2) * 2">>
  %c = engine.concat %p, %q {axis = 1 : i64} : tensor<1x8x?x4xf32, #engine.sizes<"H">>, tensor<1x8x?x4xf32, #engine.sizes<"(H floordiv 2) * 2">> -> tensor<1x16x?x4xf32, #engine.sizes<"H">>
  func.return %c : tensor<1x16x?x4xf32, #engine.sizes<"H">>
}

// CHECK-LABEL:  func.func @skip(%arena: memref<?xi8>, %a: memref<1x8x?x4xf32, #engine.layout<"abcd", sizes<"H">>>, %b: memref<1x8x?x4xf32, #engine.layout<"abcd", sizes<"(H floordiv 2) * 2">>>, %c: memref<1x16x?x4xf32, #engine.layout<"abcd", sizes<"H">>>) attributes {sizes = #engine.names<H in 2 hint 8>, relations = [#engine.relation<"(H floordiv 2) * 2", "H", "/up/Concat">], output_digests = ["{{.*}}"], plan = #engine.plan<>} {
// CHECK-NEXT:      %p = engine.view %c {offset = 0 : i64} : memref<1x16x?x4xf32, #engine.layout<"abcd", sizes<"H">>> -> memref<1x8x?x4xf32, #engine.layout<"abcd", sizes<"H">>>
// CHECK-NEXT:      engine.softmax %a outs(%p : memref<1x8x?x4xf32, #engine.layout<"abcd", sizes<"H">>>) {axis = 3 : i64} : memref<1x8x?x4xf32, #engine.layout<"abcd", sizes<"H">>>
// CHECK-NEXT:      %q = engine.view %c {offset = "H * 128"} : memref<1x16x?x4xf32, #engine.layout<"abcd", sizes<"H">>> -> memref<1x8x?x4xf32, #engine.layout<"abcd", ["(H floordiv 2) * 64", "H * 4", 4, 1], sizes<"(H floordiv 2) * 2">>>
// CHECK-NEXT:      engine.softmax %b outs(%q : memref<1x8x?x4xf32, #engine.layout<"abcd", ["(H floordiv 2) * 64", "H * 4", 4, 1], sizes<"(H floordiv 2) * 2">>>) {axis = 3 : i64} : memref<1x8x?x4xf32, #engine.layout<"abcd", sizes<"(H floordiv 2) * 2">>>
// CHECK-NEXT:      engine.concat %p, %q outs(%c : memref<1x16x?x4xf32, #engine.layout<"abcd", sizes<"H">>>) {absorbed = array<i64: 0, 1>, axis = 1 : i64} : memref<1x8x?x4xf32, #engine.layout<"abcd", sizes<"H">>>, memref<1x8x?x4xf32, #engine.layout<"abcd", ["(H floordiv 2) * 64", "H * 4", 4, 1], sizes<"(H floordiv 2) * 2">>>
// CHECK-NEXT:      func.return
// CHECK-NEXT:    }
