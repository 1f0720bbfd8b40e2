// A map on a reshaped product moves before the reshape, so that it can become an epilogue.

func.func @bias(%x: tensor<4x3xf32>, %w: tensor<3x8xf32>, %b: tensor<8xf32>) -> tensor<1x4x8xf32> {
  %y = engine.matmul %x, %w {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x8xf32> -> tensor<4x8xf32>
  %a = engine.reshape %y : tensor<4x8xf32> -> tensor<1x4x8xf32>
  %r = engine.map ins(%a, %b : tensor<1x4x8xf32>, tensor<8xf32>) attributes {nodes = ["/add"]} -> tensor<1x4x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<1x4x8xf32>
}

// -----

// The residual is reshaped instead, which costs nothing.
func.func @residual(%x: tensor<4x3xf32>, %w: tensor<3x8xf32>, %b: tensor<2x2x8xf32>) -> tensor<2x2x8xf32> {
  %y = engine.matmul %x, %w {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x8xf32> -> tensor<4x8xf32>
  %a = engine.reshape %y : tensor<4x8xf32> -> tensor<2x2x8xf32>
  %r = engine.map ins(%b, %a : tensor<2x2x8xf32>, tensor<2x2x8xf32>) attributes {nodes = ["/add"]} -> tensor<2x2x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<2x2x8xf32>
}

// -----

// There is no product to take the map over.
func.func @near_miss_no_product(%y: tensor<4x8xf32>, %b: tensor<8xf32>) -> tensor<1x4x8xf32> {
  %a = engine.reshape %y : tensor<4x8xf32> -> tensor<1x4x8xf32>
  %r = engine.map ins(%a, %b : tensor<1x4x8xf32>, tensor<8xf32>) attributes {nodes = ["/add"]} -> tensor<1x4x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<1x4x8xf32>
}

// -----

func.func @near_miss_second_use(%x: tensor<4x3xf32>, %w: tensor<3x8xf32>, %b: tensor<8xf32>) -> (tensor<1x4x8xf32>, tensor<1x4x8xf32>) {
  %y = engine.matmul %x, %w {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x8xf32> -> tensor<4x8xf32>
  %a = engine.reshape %y : tensor<4x8xf32> -> tensor<1x4x8xf32>
  %r = engine.map ins(%a, %b : tensor<1x4x8xf32>, tensor<8xf32>) attributes {nodes = ["/add"]} -> tensor<1x4x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %r, %a : tensor<1x4x8xf32>, tensor<1x4x8xf32>
}

// -----

// The other operand varies along a dimension that does not stay.
func.func @near_miss_rows(%x: tensor<4x3xf32>, %w: tensor<3x8xf32>, %b: tensor<2x1x1xf32>) -> tensor<2x2x8xf32> {
  %y = engine.matmul %x, %w {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x8xf32> -> tensor<4x8xf32>
  %a = engine.reshape %y : tensor<4x8xf32> -> tensor<2x2x8xf32>
  %r = engine.map ins(%a, %b : tensor<2x2x8xf32>, tensor<2x1x1xf32>) attributes {nodes = ["/add"]} -> tensor<2x2x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<2x2x8xf32>
}
