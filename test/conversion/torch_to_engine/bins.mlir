// RUN: opt-tool %s -p convert-to-engine --split-input-file | filecheck %s

// Bins that overlap are one reduction each, along one axis after the other.
// CHECK-LABEL: func.func @main(
// CHECK-COUNT-3: engine.reduce
// CHECK: engine.concat
func.func @main(%x: tensor<1x2x7xf32>) -> tensor<1x2x3xf32> {
  %y = torch.aten.adaptive_avg_pool1d.default(%x) {output_size = [3]} : (tensor<1x2x7xf32>) -> tensor<1x2x3xf32>
  func.return %y : tensor<1x2x3xf32>
}

// -----

// Bins of one size are the rows of a reshaped axis, however many there are.
// CHECK-LABEL: func.func @main(
// CHECK: engine.reshape %x
// CHECK-COUNT-1: engine.reduce
// CHECK-NOT: engine.concat
func.func @main(%x: tensor<1x2x600xf32>) -> tensor<1x2x300xf32> {
  %y = torch.aten.adaptive_avg_pool1d.default(%x) {output_size = [300]} : (tensor<1x2x600xf32>) -> tensor<1x2x300xf32>
  func.return %y : tensor<1x2x300xf32>
}

// -----

// Nobody wants a program of hundreds of reductions.
// CHECK-LABEL: func.func @main(
// CHECK: engine.reference
// CHECK-SAME: adaptive, with 300 bins of unlike sizes
func.func @main(%x: tensor<1x2x700xf32>) -> tensor<1x2x300xf32> {
  %y = torch.aten.adaptive_avg_pool1d.default(%x) {output_size = [300]} : (tensor<1x2x700xf32>) -> tensor<1x2x300xf32>
  func.return %y : tensor<1x2x300xf32>
}
