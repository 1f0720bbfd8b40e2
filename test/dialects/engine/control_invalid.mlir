// RUN: opt-tool %s --split-input-file --verify-diagnostics

// What control flow and reference operations check.

func.func @f(%c: tensor<2xi1>, %a: tensor<4xf32>) {
  // expected-error@below {{'engine.if' condition must be one i1}}
  %0 = engine.if %c : tensor<2xi1> -> tensor<4xf32> {
    engine.yield %a : tensor<4xf32>
  } else {
    engine.yield %a : tensor<4xf32>
  }
  func.return
}

// -----

func.func @f(%c: tensor<i1>, %a: tensor<4xf32>, %b: tensor<5xf32>) {
  // expected-error@below {{'engine.if' else gives (tensor<5xf32>), expected (tensor<4xf32>)}}
  %0 = engine.if %c : tensor<i1> -> tensor<4xf32> {
    engine.yield %a : tensor<4xf32>
  } else {
    engine.yield %b : tensor<5xf32>
  }
  func.return
}

// -----

// What is a number in one region is none in the other.
func.func @f(%c: tensor<i1>, %a: tensor<4xf32>, %b: tensor<5xf32>) attributes {sizes = #engine.names<U in 0 to 1 data>} {
  // expected-error@below {{'engine.if' else gives (tensor<5xf32>), expected}}
  %0 = engine.if %c {then_relations = [#engine.relation<"U", 1, "/If">]} : tensor<i1> -> tensor<?xf32, #engine.sizes<"5 - U">> {
    engine.yield %a : tensor<4xf32>
  } else {
    engine.yield %b : tensor<5xf32>
  }
  func.return
}

// -----

func.func @f(%c: tensor<i1>, %a: tensor<4xf32>) {
  // expected-error@below {{'engine.loop' region argument list gives (tensor<i64>, tensor<5xf32>), expected (tensor<i64>, tensor<4xf32>)}}
  %0 = engine.loop while(%c : tensor<i1>) carry(%a : tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%i: tensor<i64>, %v: tensor<5xf32>):
    engine.yield %c, %v : tensor<i1>, tensor<5xf32>
  }
  func.return
}

// -----

func.func @f(%c: tensor<i1>, %a: tensor<4xf32>) {
  // expected-error@below {{'engine.loop' region yields 1 values, expected 2}}
  %0 = engine.loop while(%c : tensor<i1>) carry(%a : tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%i: tensor<i64>, %v: tensor<4xf32>):
    engine.yield %v : tensor<4xf32>
  }
  func.return
}

// -----

// Without a limit, a condition or something to read, nothing ends it.
func.func @f(%a: tensor<4xf32>) {
  // expected-error@below {{'engine.loop' has nothing that ends it}}
  %0 = engine.loop carry(%a : tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%i: tensor<i64>, %v: tensor<4xf32>):
    engine.yield %v : tensor<4xf32>
  }
  func.return
}

// -----

func.func @f(%a: tensor<4xf32>) {
  // expected-error@below {{'engine.reference' region takes 2 values, the op has 1 inputs}}
  %0 = engine.reference(%a) : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%v: tensor<4xf32>, %w: tensor<4xf32>):
    engine.yield %v : tensor<4xf32>
  }
  func.return
}

// -----

func.func @f(%a: tensor<4xf32>) {
  // expected-error@below {{'engine.reference' region yields 2 values, the op has 1}}
  %0 = engine.reference(%a) : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%v: tensor<4xf32>):
    engine.yield %v, %v : tensor<4xf32>, tensor<4xf32>
  }
  func.return
}

// -----

// What has no buffer stays a result when the operation is planned; what has one is written.
func.func @f(%a: memref<4xf32>, %y: memref<4xf32>) {
  // expected-error@below {{'engine.reference' region yields 0 values without a buffer, the op has 1 results}}
  %0 = engine.reference(%a) outs(%y : memref<4xf32>) : (memref<4xf32>) -> tensor<4xf32> {
  ^bb0(%v: tensor<4xf32>):
    engine.yield %v, %v : tensor<4xf32>, tensor<4xf32>
  }
  func.return
}

// -----

func.func @f(%a: tensor<4xf32>) {
  // expected-error@below {{'engine.reference' region yields (tensor<1x?xi64>), the op gives (tensor<1x4xi64>)}}
  %0 = engine.reference(%a) : (tensor<4xf32>) -> tensor<1x4xi64> {
  ^bb0(%v: tensor<4xf32>):
    %1 = onnx.NonZero(%v) : (tensor<4xf32>) -> tensor<1x?xi64>
    engine.yield %1 : tensor<1x?xi64>
  }
  func.return
}

// -----

// A reference operation runs alone: what it needs is among its inputs.
func.func @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error@below {{'engine.reference' region uses a value from outside of it}}
  %y = engine.reference(%x) : (tensor<3xf32>) -> tensor<3xf32> {
  ^bb0(%a: tensor<3xf32>):
    %0 = engine.softmax %x {axis = 0 : i64} : tensor<3xf32> -> tensor<3xf32>
    engine.yield %0 : tensor<3xf32>
  }
  func.return %y : tensor<3xf32>
}
