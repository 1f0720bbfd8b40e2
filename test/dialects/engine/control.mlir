// RUN: %roundtrip
// RUN: %generic_roundtrip

// Control flow and operations that run by their reference semantics.

// CHECK-LABEL:  func.func @if(%c: tensor<i1>, %a: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
// CHECK-NEXT:    %y = engine.if %c : tensor<i1> -> tensor<4xf32> {
// CHECK-NEXT:      engine.yield %a : tensor<4xf32>
// CHECK-NEXT:    } else {
// CHECK-NEXT:      engine.yield %b : tensor<4xf32>
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<4xf32>
// CHECK-NEXT:    }
func.func @if(%c: tensor<i1>, %a: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
  %y = engine.if %c : tensor<i1> -> tensor<4xf32> {
    engine.yield %a : tensor<4xf32>
  } else {
    engine.yield %b : tensor<4xf32>
  }
  func.return %y : tensor<4xf32>
}

// What a region needs of the sizes of a call is asked where it is taken.
// CHECK-LABEL:  func.func @if_sizes
// CHECK:          %y = engine.if %c {then_relations = [#engine.relation<"N", "M", "/Add">], else_relations = [#engine.broadcast_relation<"N", "M", "/Mul">]} : tensor<i1> -> tensor<?xf32, #engine.sizes<"N">> {
func.func @if_sizes(%c: tensor<i1>, %a: tensor<?xf32, #engine.sizes<"N">>, %b: tensor<?xf32, #engine.sizes<"M">>) -> tensor<?xf32, #engine.sizes<"N">> attributes {sizes = #engine.names<N in 0, M in 0>} {
  %y = engine.if %c {then_relations = [#engine.relation<"N", "M", "/Add">], else_relations = [#engine.broadcast_relation<"N", "M", "/Mul">]} : tensor<i1> -> tensor<?xf32, #engine.sizes<"N">> {
    engine.yield %a : tensor<?xf32, #engine.sizes<"N">>
  } else {
    engine.yield %a : tensor<?xf32, #engine.sizes<"N">>
  }
  func.return %y : tensor<?xf32, #engine.sizes<"N">>
}

// A name that is a number in a region may be in the sizes of what the operation gives.
// CHECK-LABEL:  func.func @if_unlike
func.func @if_unlike(%c: tensor<i1>, %n: tensor<1xi64>, %a: tensor<?xf32, #engine.sizes<"N">>, %b: tensor<?xf32, #engine.sizes<"M">>) -> tensor<?xf32, #engine.sizes<"U * N + M - U * M">> attributes {sizes = #engine.names<N in 0, M in 0, U in 0 to 1 data>} {
  %u = engine.as_size %n {at_most = array<i64: 1>, defines = ["U"]} : tensor<1xi64> -> tensor<1xi64>
  %y = engine.if %c {then_relations = [#engine.relation<"U", 1, "/If">], else_relations = [#engine.relation<"U", 0, "/If">]} : tensor<i1> -> tensor<?xf32, #engine.sizes<"U * N + M - U * M">> {
    engine.yield %a : tensor<?xf32, #engine.sizes<"N">>
  } else {
    engine.yield %b : tensor<?xf32, #engine.sizes<"M">>
  }
  func.return %y : tensor<?xf32, #engine.sizes<"U * N + M - U * M">>
}

// The region yields whether to go on, then the carried values, then a row of each stacked result.
// CHECK-LABEL:  func.func @loop(%go: tensor<i1>, %n: tensor<i64>, %x: tensor<4xf32>, %xs: tensor<7x4xf32>)
// CHECK-NEXT:    %y, %rows, %trips = engine.loop limit(%n : tensor<i64>) while(%go : tensor<i1>) carry(%x : tensor<4xf32>) scan(%xs : tensor<7x4xf32>) attributes {backwards = array<i64: 0>, counts} -> tensor<4xf32>, tensor<7x4xf32>, tensor<i64> {
// CHECK-NEXT:    ^bb0(%i: tensor<i64>, %v: tensor<4xf32>, %row: tensor<4xf32>):
// CHECK-NEXT:      engine.yield %go, %row, %v : tensor<i1>, tensor<4xf32>, tensor<4xf32>
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y, %rows, %trips : tensor<4xf32>, tensor<7x4xf32>, tensor<i64>
// CHECK-NEXT:    }
func.func @loop(%go: tensor<i1>, %n: tensor<i64>, %x: tensor<4xf32>, %xs: tensor<7x4xf32>) -> (tensor<4xf32>, tensor<7x4xf32>, tensor<i64>) {
  %y, %rows, %trips = engine.loop limit(%n : tensor<i64>) while(%go : tensor<i1>) carry(%x : tensor<4xf32>) scan(%xs : tensor<7x4xf32>) attributes {backwards = array<i64: 0>, counts} -> tensor<4xf32>, tensor<7x4xf32>, tensor<i64> {
  ^bb0(%i: tensor<i64>, %v: tensor<4xf32>, %row: tensor<4xf32>):
    engine.yield %go, %row, %v : tensor<i1>, tensor<4xf32>, tensor<4xf32>
  }
  func.return %y, %rows, %trips : tensor<4xf32>, tensor<7x4xf32>, tensor<i64>
}

// The framework's operation is visible, and why it is there.
// CHECK-LABEL:  func.func @reference(%x: tensor<4xf32>) -> tensor<4xf32> {
// CHECK-NEXT:    %y = engine.reference(%x) {nodes = ["/n"], reason = "CumSum has no native form"} : (tensor<4xf32>) -> tensor<4xf32> {
// CHECK-NEXT:    ^bb0(%a: tensor<4xf32>):
// CHECK-NEXT:      %axis = onnx.Constant dense<0> : tensor<i64>
// CHECK-NEXT:      %0 = onnx.CumSum(%a, %axis) : (tensor<4xf32>, tensor<i64>) -> tensor<4xf32>
// CHECK-NEXT:      engine.yield %0 : tensor<4xf32>
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<4xf32>
// CHECK-NEXT:    }
func.func @reference(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = engine.reference(%x) {nodes = ["/n"], reason = "CumSum has no native form"} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    %axis = onnx.Constant dense<0> : tensor<i64>
    %0 = onnx.CumSum(%a, %axis) : (tensor<4xf32>, tensor<i64>) -> tensor<4xf32>
    engine.yield %0 : tensor<4xf32>
  }
  func.return %y : tensor<4xf32>
}

// CHECK-LABEL:  func.func @reference_planned(%x: memref<4xf32>, %y: memref<4xf32>) {
// CHECK-NEXT:    engine.reference(%x) outs(%y : memref<4xf32>) : (memref<4xf32>) {
// CHECK-NEXT:    ^bb0(%a: tensor<4xf32>):
// CHECK-NEXT:      %0 = engine.softmax %a {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
// CHECK-NEXT:      engine.yield %0 : tensor<4xf32>
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return
// CHECK-NEXT:    }
func.func @reference_planned(%x: memref<4xf32>, %y: memref<4xf32>) {
  engine.reference(%x) outs(%y : memref<4xf32>) : (memref<4xf32>) {
  ^bb0(%a: tensor<4xf32>):
    %0 = engine.softmax %a {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
    engine.yield %0 : tensor<4xf32>
  }
  func.return
}
