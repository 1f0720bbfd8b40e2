// RUN: %roundtrip
// RUN: %generic_roundtrip

// An operator with its fused activation; enumerations are words.
// CHECK: func.func @float
func.func @float(%x: tensor<1x8x8x3xf32>, %w: tensor<16x3x3x3xf32>) -> tensor<1x4x4x16xf32> {
  // CHECK-NEXT: %y = tfl.CONV_2D(%x, %w) {fused_activation_function = "RELU6", padding = "SAME", stride_h = 2, stride_w = 2, nodes = ["stem"]} : (tensor<1x8x8x3xf32>, tensor<16x3x3x3xf32>) -> tensor<1x4x4x16xf32>
  %y = tfl.CONV_2D(%x, %w) {fused_activation_function = "RELU6", padding = "SAME", stride_h = 2, stride_w = 2, nodes = ["stem"]} : (tensor<1x8x8x3xf32>, tensor<16x3x3x3xf32>) -> tensor<1x4x4x16xf32>
  func.return %y : tensor<1x4x4x16xf32>
}

// Quantised tensors: one scale, and one for each index of an axis; a constant of integers.
// CHECK: func.func @quantised
func.func @quantised(%x: tensor<1x8x8x3x!tfl.quantized<i8, 0.5, -3>>) -> tensor<1x8x8x2x!tfl.quantized<i8, 0.023, -3>> {
  // CHECK-NEXT: %w = tfl.Constant() {value = dense<1> : tensor<2x1x1x3xi8>} : () -> tensor<2x1x1x3x!tfl.quantized<i8, axis 0, [0.5, 0.25], [0, 0]>>
  %w = tfl.Constant() {value = dense<1> : tensor<2x1x1x3xi8>} : () -> tensor<2x1x1x3x!tfl.quantized<i8, axis 0, [0.5, 0.25], [0, 0]>>
  // CHECK-NEXT: tfl.CONV_2D
  // CHECK-SAME: -> tensor<1x8x8x2x!tfl.quantized<i8, 0.023, -3>>
  %y = tfl.CONV_2D(%x, %w) {stride_h = 1, stride_w = 1} : (tensor<1x8x8x3x!tfl.quantized<i8, 0.5, -3>>, tensor<2x1x1x3x!tfl.quantized<i8, axis 0, [0.5, 0.25], [0, 0]>>) -> tensor<1x8x8x2x!tfl.quantized<i8, 0.023, -3>>
  func.return %y : tensor<1x8x8x2x!tfl.quantized<i8, 0.023, -3>>
}

// Subgraphs are regions.
// CHECK: func.func @subgraphs
func.func @subgraphs(%n: tensor<i32>, %c: tensor<i1>) -> tensor<i32> {
  // CHECK-NEXT: %s = tfl.WHILE(%n) : (tensor<i32>) -> tensor<i32> cond(%a: tensor<i32>) {
  %s = tfl.WHILE(%n) : (tensor<i32>) -> tensor<i32> cond(%a: tensor<i32>) {
    %l = tfl.Constant dense<3> : tensor<i32>
    %t = tfl.LESS(%a, %l) : (tensor<i32>, tensor<i32>) -> tensor<i1>
    tfl.Yield %t : tensor<i1>
  } body(%b: tensor<i32>) {
    %o = tfl.ADD(%b, %b) : (tensor<i32>, tensor<i32>) -> tensor<i32>
    tfl.Yield %o : tensor<i32>
  }
  %r = tfl.IF(%c, %s) : (tensor<i1>, tensor<i32>) -> tensor<i32> then_branch(%p: tensor<i32>) {
    tfl.Yield %p : tensor<i32>
  } else_branch(%q: tensor<i32>) {
    %m = tfl.NEG(%q) : (tensor<i32>) -> tensor<i32>
    tfl.Yield %m : tensor<i32>
  }
  func.return %r : tensor<i32>
}

// A custom operator, with options that are words of FlexBuffers.
// CHECK: func.func @custom
func.func @custom(%b: tensor<1x4x4xf32>, %s: tensor<1x4x3xf32>, %a: tensor<4x4xf32>) -> tensor<1x2x4xf32> {
  // CHECK-NEXT: tfl.custom.TFLite_Detection_PostProcess(%b, %s, %a)
  %r:4 = tfl.custom.TFLite_Detection_PostProcess(%b, %s, %a) {h_scale = 5.0, max_classes_per_detection = 1, max_detections = 2, nms_iou_threshold = 0.5, nms_score_threshold = 0.1, num_classes = 2, w_scale = 5.0, x_scale = 10.0, y_scale = 10.0} : (tensor<1x4x4xf32>, tensor<1x4x3xf32>, tensor<4x4xf32>) -> (tensor<1x2x4xf32>, tensor<1x2xf32>, tensor<1x2xf32>, tensor<1xf32>)
  func.return %r#0 : tensor<1x2x4xf32>
}
