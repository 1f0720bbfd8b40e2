// RUN: opt-tool %s | opt-tool - | filecheck %s

// The same in engine operations; the bias and the ReLU of the first layer stand by themselves.

// CHECK: func.func @main(
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x2xf32> attributes {input_names = ["x"], output_names = ["y"]} {
  %w = engine.constant dense<[[1.0, -1.0, 0.5, 2.0], [0.0, 1.0, -2.0, 1.0], [3.0, 0.5, 1.0, -1.0]]> : tensor<3x4xf32> -> tensor<3x4xf32>
  %b = engine.constant dense<[0.5, -0.5, 0.0, 1.0]> : tensor<4xf32> -> tensor<4xf32>
  %v = engine.constant dense<[[1.0, 2.0], [-1.0, 0.5], [0.25, 1.0], [1.0, -2.0]]> : tensor<4x2xf32> -> tensor<4x2xf32>
  %0 = engine.matmul %x, %w : tensor<2x3xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
  %1 = engine.broadcast %b {dims = array<i64: 1>} : tensor<4xf32> -> tensor<2x4xf32>
  %2 = engine.map ins(%0, %1 : tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32> {
  ^bb0(%a: f32, %c: f32):
    %s = arith.addf %a, %c : f32
    %z = arith.constant 0.0 : f32
    %m = arith.maximumf %s, %z : f32
    engine.yield %m : f32
  }
  %3 = engine.matmul %2, %v : tensor<2x4xf32>, tensor<4x2xf32> -> tensor<2x2xf32>
  func.return %3 : tensor<2x2xf32>
}
