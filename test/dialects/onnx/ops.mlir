// RUN: %roundtrip
// RUN: %generic_roundtrip

// The onnx dialect has one syntax for all operators; it must read back to the same thing.

// CHECK-LABEL: func.func @attributes
func.func @attributes(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32> {
  // Every kind of attribute; the node of the model is kept.
  // CHECK: onnx.Conv(%x, %w) {auto_pad = "NOTSET", group = 1, strides = [1, 1], nodes = ["/conv"]}
  %y = onnx.Conv(%x, %w) {auto_pad = "NOTSET", group = 1, strides = [1, 1], nodes = ["/conv"]} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32>
  // Floats in their shortest form.
  // CHECK-NEXT: onnx.Elu(%y) {alpha = 0.1}
  %e = onnx.Elu(%y) {alpha = 0.1} : (tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
  func.return %e : tensor<1x4x6x6xf32>
}

// CHECK-LABEL: func.func @constants
func.func @constants() {
  // CHECK-NEXT: onnx.Constant dense<[1, 2]> : tensor<2xi64> {nodes = ["c"]}
  %a = onnx.Constant dense<[1, 2]> : tensor<2xi64> {nodes = ["c"]}
  // CHECK-NEXT: onnx.Constant dense<[0.5, -2.0]> : tensor<2xf32>
  %b = onnx.Constant dense<[0.5, -2.0]> : tensor<2xf32>
  // CHECK-NEXT: onnx.Constant dense<> : tensor<0xi64>
  %d = onnx.Constant dense<> : tensor<0xi64>
  // CHECK-NEXT: onnx.Constant #engine.weight<"w", "ece7a3fb14a5ec32ece7a3fb14a5ec32", tensor<4x3xf32>>
  %e = onnx.Constant #engine.weight<"w", "ece7a3fb14a5ec32ece7a3fb14a5ec32", tensor<4x3xf32>>
  // CHECK-NEXT: onnx.Constant #framework.strings<["cat", "dog"], tensor<2x!framework.string>>
  %f = onnx.Constant #framework.strings<["cat", "dog"], tensor<2x!framework.string>>
  // CHECK-NEXT: onnx.Constant() {value_ints = [1, 2, 3]} : () -> tensor<3xi64>
  %g = onnx.Constant() {value_ints = [1, 2, 3]} : () -> tensor<3xi64>
  func.return
}

// CHECK-LABEL: func.func @absent
func.func @absent(%x: tensor<4xf32>, %m: tensor<f32>, %s: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) {
  // An absent operand before a present one, and results of which only the last is wanted.
  // CHECK-NEXT: onnx.Clip(%x, none, %m) : (tensor<4xf32>, none, tensor<f32>) -> tensor<4xf32>
  %y = onnx.Clip(%x, none, %m) : (tensor<4xf32>, none, tensor<f32>) -> tensor<4xf32>
  // CHECK-NEXT: %c = onnx.LSTM(%s, %w, %r) {hidden_size = 4} : {{.*}} -> (none, none, tensor<1x2x4xf32>)
  %c = onnx.LSTM(%s, %w, %r) {hidden_size = 4} : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>) -> (none, none, tensor<1x2x4xf32>)
  func.return
}

// CHECK-LABEL: func.func @types
func.func @types(%x: tensor<?x3x?xf32, #framework.dims<["batch", "", ""]>>, %u: tensor<*xf32>, %q: tensor<2xui8>) {
  // Names of dimensions are the encoding of the type.
  // CHECK-NEXT: onnx.Relu(%x) : (tensor<?x3x?xf32, #framework.dims<["batch", "", ""]>>) -> tensor<?x3x?xf32, #framework.dims<["batch", "", ""]>>
  %a = onnx.Relu(%x) : (tensor<?x3x?xf32, #framework.dims<["batch", "", ""]>>) -> tensor<?x3x?xf32, #framework.dims<["batch", "", ""]>>
  // CHECK-NEXT: onnx.SequenceConstruct(%u, %u) : (tensor<*xf32>, tensor<*xf32>) -> !framework.seq<tensor<*xf32>>
  %s = onnx.SequenceConstruct(%u, %u) : (tensor<*xf32>, tensor<*xf32>) -> !framework.seq<tensor<*xf32>>
  // CHECK-NEXT: onnx.Optional() {type = tensor<2xf32>} : () -> !framework.optional<tensor<2xf32>>
  %o = onnx.Optional() {type = tensor<2xf32>} : () -> !framework.optional<tensor<2xf32>>
  // CHECK-NEXT: onnx.Cast(%u) {to = 17} : (tensor<*xf32>) -> tensor<*xf8E4M3FN>
  %f = onnx.Cast(%u) {to = 17} : (tensor<*xf32>) -> tensor<*xf8E4M3FN>
  // Operators of other domains have the domain without `ai.onnx` before their name.
  // CHECK-NEXT: onnx.ml.ZipMap(%u) {classlabels_strings = ["a", "b"]} : (tensor<*xf32>) -> !framework.seq<!framework.map<!framework.string, tensor<f32>>>
  %z = onnx.ml.ZipMap(%u) {classlabels_strings = ["a", "b"]} : (tensor<*xf32>) -> !framework.seq<!framework.map<!framework.string, tensor<f32>>>
  func.return
}

// CHECK-LABEL: func.func @subgraphs
func.func @subgraphs(%p: tensor<i1>, %n: tensor<i64>, %x: tensor<4xf32>) {
  // CHECK-NEXT: onnx.If(%p) : (tensor<i1>) -> tensor<4xf32> then_branch() {
  %y = onnx.If(%p) : (tensor<i1>) -> tensor<4xf32> then_branch() {
    onnx.Yield %x : tensor<4xf32>
  // CHECK: } else_branch() {
  } else_branch() {
    %m = onnx.Neg(%x) : (tensor<4xf32>) -> tensor<4xf32>
    onnx.Yield %m : tensor<4xf32>
  }
  // CHECK: onnx.Loop(%n, none, %y) : (tensor<i64>, none, tensor<4xf32>) -> (tensor<4xf32>, tensor<?x4xf32>) body(%i: tensor<i64>, %go: tensor<i1>, %acc: tensor<4xf32>) {
  %l, %all = onnx.Loop(%n, none, %y) : (tensor<i64>, none, tensor<4xf32>) -> (tensor<4xf32>, tensor<?x4xf32>) body(%i: tensor<i64>, %go: tensor<i1>, %acc: tensor<4xf32>) {
    onnx.Yield %go, %acc, %acc : tensor<i1>, tensor<4xf32>, tensor<4xf32>
  }
  func.return
}
