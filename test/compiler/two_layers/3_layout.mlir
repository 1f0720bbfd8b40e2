// RUN: opt-tool %s | opt-tool - | filecheck %s

// The same with the values between the layers column by column: copied there and back, and mapped.

// CHECK: func.func @main(
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x2xf32> attributes {input_names = ["x"], output_names = ["y"]} {
  %w = engine.constant dense<[[1.0, -1.0, 0.5, 2.0], [0.0, 1.0, -2.0, 1.0], [3.0, 0.5, 1.0, -1.0]]> : tensor<3x4xf32> -> tensor<3x4xf32>
  %b = engine.constant dense<[0.5, -0.5, 0.0, 1.0]> : tensor<4xf32> -> tensor<4xf32>
  %v = engine.constant dense<[[1.0, 2.0], [-1.0, 0.5], [0.25, 1.0], [1.0, -2.0]]> : tensor<4x2xf32> -> tensor<4x2xf32>
  %0 = engine.matmul %x, %w epilogue(%b : tensor<4xf32>) : tensor<2x3xf32>, tensor<3x4xf32> -> tensor<2x4xf32> {
  ^bb0(%a: f32, %c: f32):
    %s = arith.addf %a, %c : f32
    engine.yield %s : f32
  }
  %1 = engine.relayout %0 : tensor<2x4xf32> -> tensor<2x4xf32, #engine.layout<"ba">>
  %2 = engine.map ins(%1 : tensor<2x4xf32, #engine.layout<"ba">>) -> tensor<2x4xf32, #engine.layout<"ba">> {
  ^bb0(%a: f32):
    %z = arith.constant 0.0 : f32
    %m = arith.maximumf %a, %z : f32
    engine.yield %m : f32
  }
  %3 = engine.relayout %2 : tensor<2x4xf32, #engine.layout<"ba">> -> tensor<2x4xf32>
  %4 = engine.matmul %3, %v : tensor<2x4xf32>, tensor<4x2xf32> -> tensor<2x2xf32>
  func.return %4 : tensor<2x2xf32>
}
