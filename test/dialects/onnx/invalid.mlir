// RUN: opt-tool %s --split-input-file --verify-diagnostics

// What the schemas demand is checked, and the message says what they demand.

func.func @too_few_operands(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{onnx.Conv expects 2 to 3 operands, got 1}}
  %y = onnx.Conv(%x) : (tensor<1x3x8x8xf32>) -> tensor<1x4x6x6xf32>
  func.return
}

// -----

func.func @too_many_operands(%x: tensor<4xf32>) {
  // expected-error@+1 {{onnx.Relu expects 1 operands, got 2}}
  %y = onnx.Relu(%x, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @absent_required_operand(%x: tensor<4x4xf32>) {
  // expected-error@+1 {{operand 'B' must not be absent}}
  %y = onnx.Gemm(%x, none, %x) : (tensor<4x4xf32>, none, tensor<4x4xf32>) -> tensor<4x4xf32>
  func.return
}

// -----

func.func @unknown_attribute(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{unknown attribute 'stride'; did you mean 'strides'?}}
  %y = onnx.Conv(%x, %x) {stride = [1, 1]} : (tensor<1x3x8x8xf32>, tensor<1x3x8x8xf32>) -> tensor<1x1x1x1xf32>
  func.return
}

// -----

func.func @wrong_attribute(%x: tensor<1x3x8x8xf32>) {
  // expected-error@+1 {{attribute 'strides' of onnx.Conv must be a list of integers}}
  %y = onnx.Conv(%x, %x) {strides = "two"} : (tensor<1x3x8x8xf32>, tensor<1x3x8x8xf32>) -> tensor<1x1x1x1xf32>
  func.return
}

// -----

func.func @missing_attribute(%x: tensor<4xf32>) {
  // expected-error@+1 {{property 'to' expected in operation 'onnx.Cast'}}
  %y = onnx.Cast(%x) : (tensor<4xf32>) -> tensor<4xi64>
  func.return
}

// -----

func.func @wrong_element_type(%x: tensor<1x3x8x8xi64>) {
  // expected-error@+1 {{operand 0 ('X') has type tensor(int64), expected one of tensor(bfloat16), tensor(double), tensor(float), tensor(float16)}}
  %y = onnx.Conv(%x, %x) : (tensor<1x3x8x8xi64>, tensor<1x3x8x8xi64>) -> tensor<1x1x1x1xi64>
  func.return
}

// -----

func.func @mixed_element_types(%x: tensor<4xf32>, %y: tensor<4xf64>) {
  // expected-error@+1 {{operand 1 ('B') is tensor(double) but operand 0 ('A') is tensor(float); both are of type T}}
  %z = onnx.Add(%x, %y) : (tensor<4xf32>, tensor<4xf64>) -> tensor<4xf32>
  func.return
}

// -----

func.func @foreign_type(%x: index) {
  // expected-error@+1 {{operand 0 ('A') has type index, which ONNX does not have}}
  %z = onnx.Add(%x, %x) : (index, index) -> index
  func.return
}

// -----

func.func @wrong_names(%x: tensor<?x4xf32, #framework.dims<["batch"]>>) {
  // expected-error@+1 {{has 2 dimensions but names 1}}
  %y = onnx.Relu(%x) : (tensor<?x4xf32, #framework.dims<["batch"]>>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @named_static_size(%x: tensor<2x4xf32, #framework.dims<["batch", ""]>>) {
  // expected-error@+1 {{names 'batch' a dimension of static size 2}}
  %y = onnx.Relu(%x) : (tensor<2x4xf32, #framework.dims<["batch", ""]>>) -> tensor<?x4xf32>
  func.return
}

// -----

func.func @missing_region(%p: tensor<i1>, %x: tensor<4xf32>) {
  %y = onnx.If(%p) : (tensor<i1>) -> tensor<4xf32> then_branch() {
    onnx.Yield %x : tensor<4xf32>
  }
  // expected-error@+1 {{onnx.If needs a region 'else_branch'}}
  func.return
}

// -----

func.func @no_yield(%n: tensor<i64>, %x: tensor<4xf32>) {
  // expected-error@+2 {{Operation onnx.Relu terminates block in single-block region but is not a terminator}}
  %y = onnx.Loop(%n, none, %x) : (tensor<i64>, none, tensor<4xf32>) -> tensor<4xf32> body(%i: tensor<i64>, %go: tensor<i1>, %a: tensor<4xf32>) {
    %b = onnx.Relu(%a) : (tensor<4xf32>) -> tensor<4xf32>
  }
  func.return
}

// -----

func.func @types_without_operands(%x: tensor<4xf32>) {
  // expected-error@+1 {{onnx.Relu has 1 operands but 2 operand types}}
  %y = onnx.Relu(%x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return
}

// -----

func.func @two_values() {
  // expected-error@+1 {{needs exactly one value attribute, has 2}}
  %y = onnx.Constant() {value_int = 1, value_float = 1.0} : () -> tensor<i64>
  func.return
}

// -----

"builtin.module"() ({
  // expected-error@+1 {{value is tensor<2xi64> but the result is tensor<3xi64>}}
  %y = "onnx.Constant"() <{value = dense<1> : tensor<2xi64>}> : () -> tensor<3xi64>
}) : () -> ()

// -----

func.func @strings() {
  %f = onnx.Constant #framework.strings<["cat", "dog", "owl"], tensor<2x!framework.string>>
  // expected-error@+1 {{3 strings for a tensor<2x!framework.string>}}
  func.return
}

// -----

func.func @unknown_operator(%x: tensor<4xf32>) {
  // expected-error@+1 {{onnx.Cnov}}
  %y = onnx.Cnov(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}
