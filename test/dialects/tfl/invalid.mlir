// RUN: opt-tool %s --split-input-file --verify-diagnostics

// What the table demands is checked, and the message says what it demands.

func.func @word(%x: tensor<1x8x8x3xf32>, %w: tensor<16x3x3x3xf32>) {
  // expected-error@+1 {{attribute 'padding' is "BOTH"; expected one of SAME, VALID}}
  %y = tfl.CONV_2D(%x, %w) {padding = "BOTH"} : (tensor<1x8x8x3xf32>, tensor<16x3x3x3xf32>) -> tensor<1x4x4x16xf32>
  func.return
}
