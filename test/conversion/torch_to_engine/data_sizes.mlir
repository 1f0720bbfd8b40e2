// RUN: opt-tool %s -p convert-to-engine --split-input-file | filecheck %s

// What finds a size defines it by the name that the program has for it, which everything behind is
// sized by; the number itself is that size.
// CHECK-LABEL: func.func @main(
// CHECK-SAME: sizes = #engine.names<u0 in 0 to 5
// CHECK: engine.nonzero %x
// CHECK-SAME: "u0"
// CHECK: engine.size_values {sizes = #engine.extents<["u0 * 2"]>}
func.func @main(%x: tensor<5xf32>) -> (tensor<?xf32, #framework.dims<["u0"]>>, tensor<i64>) {
  %i = torch.aten.nonzero.default(%x) : (tensor<5xf32>) -> tensor<?x1xi64, #framework.dims<["u0", ""]>>
  %j = torch.aten.squeeze.dim(%i) {dim = 1} : (tensor<?x1xi64, #framework.dims<["u0", ""]>>) -> tensor<?xi64, #framework.dims<["u0"]>>
  %y = torch.aten.index.Tensor(%x, %j) : (tensor<5xf32>, tensor<?xi64, #framework.dims<["u0"]>>) -> tensor<?xf32, #framework.dims<["u0"]>>
  %n = torch.aten.sym_size.int(%y) {dim = 0} : (tensor<?xf32, #framework.dims<["u0"]>>) -> tensor<i64>
  %two = torch.Constant dense<2> : tensor<i64>
  %m = torch.aten.mul.Tensor(%n, %two) : (tensor<i64>, tensor<i64>) -> tensor<i64>
  func.return %y, %m : tensor<?xf32, #framework.dims<["u0"]>>, tensor<i64>
}
