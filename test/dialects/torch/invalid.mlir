// RUN: opt-tool %s --split-input-file --verify-diagnostics

// What the signatures demand is checked, and the message says what they demand.

func.func @no_number(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{attribute 'other' of torch.aten.mul.Scalar must be a number, or true or false}}
  %y = torch.aten.mul.Scalar(%x) {other = "two"} : (tensor<4xf32>) -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// -----

func.func @no_list(%x: tensor<4xf32>, %i: tensor<2xi64>, %v: tensor<2xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{torch.aten.index_put.default operand 'indices' must be a list}}
  %y = torch.aten.index_put.default(%x, %i, %v) : (tensor<4xf32>, tensor<2xi64>, tensor<2xf32>) -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// -----

func.func @types_of_a_list(%x: tensor<4xf32>, %i: tensor<2xi64>, %v: tensor<2xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{torch.aten.index_put.default has 3 operands but 3 operand types}}
  %y = torch.aten.index_put.default(%x, [%i], %v) : (tensor<4xf32>, tensor<2xi64>, tensor<2xf32>) -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// -----

func.func @a_list(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{torch.aten.relu.default has no operand that is a list}}
  %y = torch.aten.relu.default([%x]) : ([tensor<4xf32>]) -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}
