// RUN: %roundtrip
// RUN: %generic_roundtrip

// A size that is known only when the program runs is `?`, and agrees with any.

// CHECK-LABEL:  func.func @unknown(%x: tensor<?x4xf32>, %w: tensor<4x3xf32>) -> tensor<?x3xf32> {
// CHECK-NEXT:    %y = engine.matmul %x, %w : tensor<?x4xf32>, tensor<4x3xf32> -> tensor<?x3xf32>
// CHECK-NEXT:    %r = engine.reshape %y : tensor<?x3xf32> -> tensor<?xf32>
// CHECK-NEXT:    %s = engine.softmax %y {axis = 1 : i64} : tensor<?x3xf32> -> tensor<?x3xf32>
// CHECK-NEXT:    func.return %s : tensor<?x3xf32>
func.func @unknown(%x: tensor<?x4xf32>, %w: tensor<4x3xf32>) -> tensor<?x3xf32> {
  %y = engine.matmul %x, %w : tensor<?x4xf32>, tensor<4x3xf32> -> tensor<?x3xf32>
  %r = engine.reshape %y : tensor<?x3xf32> -> tensor<?xf32>
  %s = engine.softmax %y {axis = 1 : i64} : tensor<?x3xf32> -> tensor<?x3xf32>
  func.return %s : tensor<?x3xf32>
}

// CHECK-LABEL:  func.func @both_known_and_not
func.func @both_known_and_not(%a: tensor<?x4xf32>, %b: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %y = engine.map ins(%a, %b : tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<8x4xf32> {
  ^bb0(%x: f32, %z: f32):
    engine.yield %x : f32
  }
  func.return %y : tensor<8x4xf32>
}
