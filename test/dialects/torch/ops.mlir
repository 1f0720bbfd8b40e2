// RUN: %roundtrip
// RUN: %generic_roundtrip

// Operations of torch are made from its signatures; what they print reads back to the same.

// CHECK-LABEL: func.func @attributes
func.func @attributes(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32> {
  // CHECK: torch.aten.conv2d.default(%x, %w) {padding = [1, 1], nodes = ["conv2d"]}
  %y = torch.aten.conv2d.default(%x, %w) {padding = [1, 1], nodes = ["conv2d"]} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32>
  // A number of 64 bits has all of its digits.
  // CHECK-NEXT: torch.aten.leaky_relu.default(%y) {negative_slope = 0.1}
  %a = torch.aten.leaky_relu.default(%y) {negative_slope = 0.1} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  // Integers, numbers and truth values are three things.
  // CHECK-NEXT: torch.aten.mul.Scalar(%a) {other = 2}
  %b = torch.aten.mul.Scalar(%a) {other = 2} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  // CHECK-NEXT: torch.aten.mul.Scalar(%b) {other = 2.0}
  %c = torch.aten.mul.Scalar(%b) {other = 2.0} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  // CHECK-NEXT: torch.aten.mul.Scalar(%c) {other = true}
  %d = torch.aten.mul.Scalar(%c) {other = true} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  func.return %d : tensor<1x4x8x8xf32>
}

// CHECK-LABEL: func.func @lists
func.func @lists(%x: tensor<4x5xf32>, %i: tensor<3xi64>, %v: tensor<4x3xf32>, %h: tensor<1x2x4xf32>, %w: tensor<16x4xf32>, %s: tensor<6x2x4xf32>) -> tensor<4x5xf32> {
  // A list that others follow stands in brackets, and one may be absent in it.
  // CHECK-NEXT: torch.aten.index_put.default(%x, [%i], %v) {indices_at = [1]} : (tensor<4x5xf32>, [tensor<3xi64>], tensor<4x3xf32>) -> tensor<4x5xf32>
  %y = torch.aten.index_put.default(%x, [%i], %v) {indices_at = [1]} : (tensor<4x5xf32>, [tensor<3xi64>], tensor<4x3xf32>) -> tensor<4x5xf32>
  // CHECK-NEXT: torch.aten.cat.default(%x, %y) {dim = 1} : (tensor<4x5xf32>, tensor<4x5xf32>) -> tensor<4x10xf32>
  %c = torch.aten.cat.default(%x, %y) {dim = 1} : (tensor<4x5xf32>, tensor<4x5xf32>) -> tensor<4x10xf32>
  // CHECK-NEXT: %{{.*}}, %{{.*}} = torch.aten.split.Tensor(%c) {dim = 1, split_size = 5} : (tensor<4x10xf32>) -> (tensor<4x5xf32>, tensor<4x5xf32>)
  %p, %q = torch.aten.split.Tensor(%c) {dim = 1, split_size = 5} : (tensor<4x10xf32>) -> (tensor<4x5xf32>, tensor<4x5xf32>)
  // CHECK-NEXT: torch.aten.lstm.input(%s, [%h, %h], [%w, %w])
  %o, %hn, %cn = torch.aten.lstm.input(%s, [%h, %h], [%w, %w]) {batch_first = false, bidirectional = false, dropout = 0.0, has_biases = false, num_layers = 1, train = false} : (tensor<6x2x4xf32>, [tensor<1x2x4xf32>, tensor<1x2x4xf32>], [tensor<16x4xf32>, tensor<16x4xf32>]) -> (tensor<6x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  // Results that nobody has are absent.
  // CHECK-NEXT: torch.aten.topk.default(%x) {k = 5} : (tensor<4x5xf32>) -> (none, tensor<4x5xi64>)
  %t = torch.aten.topk.default(%x) {k = 5} : (tensor<4x5xf32>) -> (none, tensor<4x5xi64>)
  func.return %p : tensor<4x5xf32>
}

// CHECK-LABEL: func.func @open_numbers
func.func @open_numbers(%x: tensor<?x4xf32, #framework.dims<["n", ""]>>) -> tensor<?x2x2xf32, #framework.dims<["n", "", ""]>> {
  // CHECK-NEXT: torch.aten.sym_size.int(%x) {dim = 0}
  %n = torch.aten.sym_size.int(%x) {dim = 0} : (tensor<?x4xf32, #framework.dims<["n", ""]>>) -> tensor<i64>
  // A number of which only the run knows is an operand, and the attribute marks its place.
  // CHECK-NEXT: torch.aten.view.default(%x, %n) {size = [-9223372036854775808, 2, 2]}
  %y = torch.aten.view.default(%x, %n) {size = [-9223372036854775808, 2, 2]} : (tensor<?x4xf32, #framework.dims<["n", ""]>>, tensor<i64>) -> tensor<?x2x2xf32, #framework.dims<["n", "", ""]>>
  func.return %y : tensor<?x2x2xf32, #framework.dims<["n", "", ""]>>
}

// CHECK-LABEL: func.func @constants
func.func @constants() {
  // CHECK-NEXT: torch.Constant dense<[1, 2]> : tensor<2xi64> {nodes = ["c"]}
  %a = torch.Constant dense<[1, 2]> : tensor<2xi64> {nodes = ["c"]}
  func.return
}
