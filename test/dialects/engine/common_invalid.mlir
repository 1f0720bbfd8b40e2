// RUN: opt-tool %s --split-input-file --verify-diagnostics

// What every engine operation checks: results, destinations, scalar regions.

func.func @f(%a: tensor<2x3xf32>, %y: memref<2x3xf32>) {
  // expected-error@below {{'engine.softmax': an op with outs has no results}}
  %0 = engine.softmax %a outs(%y : memref<2x3xf32>) {axis = 0 : i64} : tensor<2x3xf32> -> tensor<2x3xf32>
  func.return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %y: memref<2x3xf32>) {
  // expected-error@below {{'engine.softmax': tensors and outs cannot be mixed}}
  engine.softmax %a outs(%y : memref<2x3xf32>) {axis = 0 : i64} : tensor<2x3xf32>
  func.return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error@below {{'engine.softmax' has 0 results, expected 1}}
  engine.softmax %a {axis = 0 : i64} : tensor<2x3xf32>
  func.return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error@below {{'engine.softmax' result has shape [3, 2], operands and attributes give [2, 3]}}
  %0 = engine.softmax %a {axis = 0 : i64} : tensor<2x3xf32> -> tensor<3x2xf32>
  func.return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error@below {{'engine.softmax' result has element type f64, expected f32}}
  %0 = engine.softmax %a {axis = 0 : i64} : tensor<2x3xf32> -> tensor<2x3xf64>
  func.return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error@below {{'engine.relayout': layout aBc4b is of rank 3, the shape [2, 3] of rank 2}}
  %0 = engine.relayout %a : tensor<2x3xf32> -> tensor<2x3xf32, #engine.layout<"aBc4b">>
  func.return
}

// -----

func.func @f(%a: tensor<2xf32>, %b: tensor<3xf32>) {
  // expected-error@below {{shapes [2] and [3] do not broadcast}}
  %0 = engine.map ins(%a, %b : tensor<2xf32>, tensor<3xf32>) -> tensor<3xf32> {
  ^bb0(%s: f32, %t: f32):
    engine.yield %s : f32
  }
  func.return
}

// -----

// A region must take the scalars of its operands.
func.func @f(%a: tensor<2xf32>) {
  // expected-error@below {{'engine.map' region takes (f64), expected (f32)}}
  %0 = engine.map ins(%a : tensor<2xf32>) -> tensor<2xf32> {
  ^bb0(%s: f64):
    %1 = arith.truncf %s : f64 to f32
    engine.yield %1 : f32
  }
  func.return
}

// -----

func.func @f(%a: tensor<2xf32>) {
  // expected-error@below {{'engine.map' region must end in engine.yield}}
  %0 = engine.map ins(%a : tensor<2xf32>) -> tensor<2xf32> {
  ^bb0(%s: f32):
    "test.termop"(%s) : (f32) -> ()
  }
  func.return
}

// -----

func.func @f(%a: tensor<2xf32>) {
  // expected-error@below {{'engine.map' region yields (f32, f32), expected (f32)}}
  %0 = engine.map ins(%a : tensor<2xf32>) -> tensor<2xf32> {
  ^bb0(%s: f32):
    engine.yield %s, %s : f32, f32
  }
  func.return
}

// -----

func.func @f(%a: tensor<2xf32>, %c: f32) {
  // expected-error@below {{'engine.map' region uses a value from outside of it}}
  %0 = engine.map ins(%a : tensor<2xf32>) -> tensor<2xf32> {
  ^bb0(%s: f32):
    %1 = arith.addf %s, %c : f32
    engine.yield %1 : f32
  }
  func.return
}
