// RUN: opt-tool %s --split-input-file --verify-diagnostics

// expected-error @below {{the numbers of argument and result count from 0}}
func.func @main(%x: tensor<2xf32>) attributes {state = [#framework.state<"s", argument = -1, result = 0>]} {
  func.return
}

// -----

// expected-error @below {{expected a constant tensor}}
func.func @main(%x: tensor<2xf32>) attributes {state = [#framework.state<"s", argument = 0, result = 0, initial = 1 : i64>]} {
  func.return
}
