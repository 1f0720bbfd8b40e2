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

// The reset gate scales the state before its product: a second product in each step.

func.func @gru(%x: tensor<5x2x3xf32>, %w: tensor<1x6x3xf32>, %r: tensor<1x6x2xf32>) -> tensor<1x2x2xf32> {
  %y, %h = "onnx.GRU"(%x, %w, %r) {hidden_size = 2, nodes = ["/gru"], operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0>, resultSegmentSizes = array<i32: 1, 1>} : (tensor<5x2x3xf32>, tensor<1x6x3xf32>, tensor<1x6x2xf32>) -> (tensor<5x1x2x2xf32>, tensor<1x2x2xf32>)
  func.return %h : tensor<1x2x2xf32>
}
// CHECK-LABEL: func.func @gru(%x: tensor<5x2x3xf32>, %w: tensor<1x6x3xf32>, %r: tensor<1x6x2xf32>) -> tensor<1x2x2xf32> {
// CHECK-NEXT:      %0 = engine.reshape %w {nodes = ["/gru"]} : tensor<1x6x3xf32> -> tensor<6x3xf32>
// CHECK-NEXT:      %1 = engine.transpose %0 {nodes = ["/gru"], perm = array<i64: 1, 0>} : tensor<6x3xf32> -> tensor<3x6xf32>
// CHECK-NEXT:      %2 = engine.reshape %r {nodes = ["/gru"]} : tensor<1x6x2xf32> -> tensor<6x2xf32>
// CHECK-NEXT:      %3 = engine.transpose %2 {nodes = ["/gru"], perm = array<i64: 1, 0>} : tensor<6x2xf32> -> tensor<2x6xf32>
// CHECK-NEXT:      %4 = engine.slice %3 {nodes = ["/gru"], starts = array<i64: 0, 4>, sizes = array<i64: 2, 2>, steps = array<i64: 1, 1>} : tensor<2x6xf32> -> tensor<2x2xf32>
// CHECK-NEXT:      %5 = engine.slice %3 {nodes = ["/gru"], starts = array<i64: 0, 0>, sizes = array<i64: 2, 4>, steps = array<i64: 1, 1>} : tensor<2x6xf32> -> tensor<2x4xf32>
// CHECK-NEXT:      %6 = engine.matmul %x, %1 {nodes = ["/gru"]} : tensor<5x2x3xf32>, tensor<3x6xf32> -> tensor<5x2x6xf32>
// CHECK-NEXT:      %7 = engine.constant dense<0.000000e+00> : tensor<2x2xf32> -> tensor<2x2xf32>
// CHECK-NEXT:      %8, %9 = engine.recurrence %6, %5 init(%7 : tensor<2x2xf32>) second(%4 : tensor<2x2xf32>) {nodes = ["/gru"]} : tensor<5x2x6xf32>, tensor<2x4xf32> -> tensor<5x2x2xf32>, tensor<2x2xf32> {
// CHECK-NEXT:      ^bb0(%10: f32, %11: f32, %12: f32, %13: f32, %14: f32, %15: f32, %16: f32):
// CHECK-NEXT:        %17 = arith.addf %10, %13 : f32
// CHECK-NEXT:        %18 = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:        %19 = arith.negf %17 : f32
// CHECK-NEXT:        %20 = math.exp %19 : f32
// CHECK-NEXT:        %21 = arith.addf %18, %20 : f32
// CHECK-NEXT:        %22 = arith.divf %18, %21 : f32
// CHECK-NEXT:        %23 = arith.addf %12, %15 : f32
// CHECK-NEXT:        %24 = math.tanh %23 : f32
// CHECK-NEXT:        %25 = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:        %26 = arith.subf %25, %22 : f32
// CHECK-NEXT:        %27 = arith.mulf %26, %24 : f32
// CHECK-NEXT:        %28 = arith.mulf %22, %16 : f32
// CHECK-NEXT:        %29 = arith.addf %27, %28 : f32
// CHECK-NEXT:        engine.yield %29 : f32
// CHECK-NEXT:      } second {
// CHECK-NEXT:      ^bb0(%30: f32, %31: f32, %32: f32, %33: f32, %34: f32, %35: f32):
// CHECK-NEXT:        %36 = arith.addf %31, %34 : f32
// CHECK-NEXT:        %37 = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:        %38 = arith.negf %36 : f32
// CHECK-NEXT:        %39 = math.exp %38 : f32
// CHECK-NEXT:        %40 = arith.addf %37, %39 : f32
// CHECK-NEXT:        %41 = arith.divf %37, %40 : f32
// CHECK-NEXT:        %42 = arith.mulf %41, %35 : f32
// CHECK-NEXT:        engine.yield %42 : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %h = engine.reshape %9 {nodes = ["/gru"]} : tensor<2x2xf32> -> tensor<1x2x2xf32>
// CHECK-NEXT:      func.return %h : tensor<1x2x2xf32>
// CHECK-NEXT:    }
