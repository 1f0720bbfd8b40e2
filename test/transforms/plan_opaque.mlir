// RUN: opt-tool %s --split-input-file -p 'assign-layouts,plan-memory,check-memory-plan' | filecheck %s

// Values without a buffer keep their types: they are operands and results of reference operations,
// arguments as inputs, and returned as outputs.
func.func @main(%x: tensor<4xf32>) -> (tensor<1x?xi64>, tensor<4xf32>)
    attributes {input_names = ["x"], output_names = ["where", "y"]} {
  %where = engine.reference(%x) : (tensor<4xf32>) -> tensor<1x?xi64> {
  ^bb0(%a: tensor<4xf32>):
    %0 = onnx.NonZero(%a) : (tensor<4xf32>) -> tensor<1x?xi64>
    engine.yield %0 : tensor<1x?xi64>
  }
  %y = engine.map ins(%x : tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%p: f32):
    %n = arith.negf %p : f32
    engine.yield %n : f32
  }
  func.return %where, %y : tensor<1x?xi64>, tensor<4xf32>
}

// CHECK-LABEL: func.func @main
// CHECK-SAME:    (%arena: memref<0xi8>, %x: memref<4xf32>, %y: memref<4xf32>) -> tensor<1x?xi64>
// CHECK-SAME:    opaque_outputs = array<i64: 0>
// CHECK-NEXT:    %where = engine.reference(%x) : (memref<4xf32>) -> tensor<1x?xi64> {
// CHECK:         engine.map ins(%x : memref<4xf32>) outs(%y : memref<4xf32>)
// CHECK:         func.return %where : tensor<1x?xi64>

// -----

// A reference operation gives both kinds: what has a buffer is written to `outs`.
func.func @both(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x2xf32>) {
  %list, %twice = engine.reference(%x) : (tensor<2x3xf32>) -> !framework.seq<tensor<2x3xf32>>, tensor<2x3xf32> {
  ^bb0(%a: tensor<2x3xf32>):
    %0 = onnx.SequenceConstruct(%a) : (tensor<2x3xf32>) -> !framework.seq<tensor<2x3xf32>>
    %1 = onnx.Add(%a, %a) : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
    engine.yield %0, %1 : !framework.seq<tensor<2x3xf32>>, tensor<2x3xf32>
  }
  %first = engine.reference(%list) : (!framework.seq<tensor<2x3xf32>>) -> tensor<2x3xf32> {
  ^bb0(%l: !framework.seq<tensor<2x3xf32>>):
    %zero = onnx.Constant dense<0> : tensor<i64>
    %0 = onnx.SequenceAt(%l, %zero) : (!framework.seq<tensor<2x3xf32>>, tensor<i64>) -> tensor<2x3xf32>
    engine.yield %0 : tensor<2x3xf32>
  }
  %part = engine.slice %first {starts = array<i64: 0, 1>, sizes = array<i64: 2, 2>, steps = array<i64: 1, 1>} : tensor<2x3xf32> -> tensor<2x2xf32>
  func.return %twice, %part : tensor<2x3xf32>, tensor<2x2xf32>
}

// CHECK-LABEL: func.func @both
// CHECK-SAME:    (%arena: memref<64xi8>, %x: memref<2x3xf32>, %twice: memref<2x3xf32>, %0: memref<2x2xf32>) attributes
// CHECK-NEXT:    %list = engine.reference(%x) outs(%twice : memref<2x3xf32>) : (memref<2x3xf32>) -> !framework.seq<tensor<2x3xf32>> {
// CHECK:         %first = engine.view %arena {offset = 0 : i64} : memref<64xi8> -> memref<2x3xf32>
// CHECK-NEXT:    engine.reference(%list) outs(%first : memref<2x3xf32>) : (!framework.seq<tensor<2x3xf32>>) {
// CHECK:         func.return

// -----

// No kernel computes on a tensor whose sizes only the data decides: the operation runs by reference.
func.func @unknown(%x: tensor<4xf32>, %words: tensor<?x!framework.string>) -> (tensor<1x?xi64>, tensor<?x!framework.string>) {
  %where = engine.reference(%x) : (tensor<4xf32>) -> tensor<1x?xi64> {
  ^bb0(%a: tensor<4xf32>):
    %0 = onnx.NonZero(%a) : (tensor<4xf32>) -> tensor<1x?xi64>
    engine.yield %0 : tensor<1x?xi64>
  }
  %next = engine.map ins(%where : tensor<1x?xi64>) -> tensor<1x?xi64> {
  ^bb0(%p: i64):
    %one = arith.constant 1 : i64
    %n = arith.addi %p, %one : i64
    engine.yield %n : i64
  }
  func.return %next, %words : tensor<1x?xi64>, tensor<?x!framework.string>
}

// CHECK-LABEL: func.func @unknown
// CHECK-SAME:    (%arena: memref<0xi8>, %x: memref<4xf32>, %words: tensor<?x!framework.string>) -> (tensor<1x?xi64>, tensor<?x!framework.string>)
// CHECK:         %next = engine.reference(%where) : (tensor<1x?xi64>) -> tensor<1x?xi64> {
// CHECK-NEXT:    ^bb0(%{{.*}}: tensor<1x?xi64>):
// CHECK-NEXT:      engine.map
// CHECK:         func.return %next, %words : tensor<1x?xi64>, tensor<?x!framework.string>
