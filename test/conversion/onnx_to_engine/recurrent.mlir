// RUN: opt-tool %s --pass-pipeline=convert-onnx-to-engine --check-numerics | filecheck %s
// RUN: opt-tool %s --pass-pipeline=convert-onnx-to-engine | opt-tool - | filecheck %s

// A recurrent layer: one product for all inputs, then the cell as a scalar region.

func.func @rnn(%x: tensor<5x1x3xf32>, %w: tensor<1x2x3xf32>, %r: tensor<1x2x2xf32>) -> tensor<1x1x2xf32> {
  %y, %h = onnx.RNN(%x, %w, %r) {hidden_size = 2, direction = "reverse", nodes = ["/rnn"]} : (tensor<5x1x3xf32>, tensor<1x2x3xf32>, tensor<1x2x2xf32>) -> (tensor<5x1x1x2xf32>, tensor<1x1x2xf32>)
  func.return %h : tensor<1x1x2xf32>
}
// CHECK-LABEL: func.func @rnn(%x: tensor<5x1x3xf32>, %w: tensor<1x2x3xf32>, %r: tensor<1x2x2xf32>) -> tensor<1x1x2xf32> {
// CHECK-NEXT:    %0 = engine.reshape %w {nodes = ["/rnn"]} : tensor<1x2x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT:    %1 = engine.transpose %0 {nodes = ["/rnn"], perm = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
// CHECK-NEXT:    %2 = engine.reshape %r {nodes = ["/rnn"]} : tensor<1x2x2xf32> -> tensor<2x2xf32>
// CHECK-NEXT:    %3 = engine.transpose %2 {nodes = ["/rnn"], perm = array<i64: 1, 0>} : tensor<2x2xf32> -> tensor<2x2xf32>
// CHECK-NEXT:    %4 = engine.matmul %x, %1 {nodes = ["/rnn"]} : tensor<5x1x3xf32>, tensor<3x2xf32> -> tensor<5x1x2xf32>
// CHECK-NEXT:    %5 = engine.constant dense<0.000000e+00> : tensor<1x2xf32> -> tensor<1x2xf32>
// CHECK-NEXT:    %6, %7 = engine.recurrence %4, %3 init(%5 : tensor<1x2xf32>) {nodes = ["/rnn"], reverse} : tensor<5x1x2xf32>, tensor<2x2xf32> -> tensor<5x1x2xf32>, tensor<1x2xf32> {
// CHECK-NEXT:    ^bb0(%8: f32, %9: f32, %10: f32):
// CHECK-NEXT:      %11 = arith.addf %8, %9 : f32
// CHECK-NEXT:      %12 = math.tanh %11 : f32
// CHECK-NEXT:      engine.yield %12 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    %h = engine.reshape %7 {nodes = ["/rnn"]} : tensor<1x2xf32> -> tensor<1x1x2xf32>
// CHECK-NEXT:    func.return %h : tensor<1x1x2xf32>
// CHECK-NEXT:  }
