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

// -----

// A number that the program takes as a size defines its name, and what the program checks of it is
// asked of a call. What is known by the bound is not asked again.
// CHECK-LABEL: func.func @main(
// CHECK-SAME: relations = [#engine.relation<"max(0, u0 - 3)", "u0 - 3"
// CHECK-SAME: sizes = #engine.names<u0 in 0 to 8
// CHECK: engine.as_size
// CHECK-SAME: defines = ["u0"], at_most = array<i64: 8>
// CHECK: engine.slice %x
// CHECK-SAME: sizes = #engine.extents<["u0"]>
func.func @main(%x: tensor<8xf32>, %n: tensor<i64>) -> tensor<?xf32, #framework.dims<["u0"]>> {
  %k = torch.as_size(%n) {at_most = 8, size = "u0", where = ["3 <= u0", "u0 <= 8"]} : (tensor<i64>) -> tensor<i64>
  %y = torch.aten.slice.Tensor(%x, %k) {end = -9223372036854775808} : (tensor<8xf32>, tensor<i64>) -> tensor<?xf32, #framework.dims<["u0"]>>
  func.return %y : tensor<?xf32, #framework.dims<["u0"]>>
}

// -----

// Without a bound, what is taken must be inside.
// CHECK-LABEL: func.func @main(
// CHECK-SAME: relations = [#engine.relation<"max(0, 8 - u0)", "8 - u0"
func.func @main(%x: tensor<8xf32>, %n: tensor<i64>) -> tensor<?xf32, #framework.dims<["u0"]>> {
  %k = torch.as_size(%n) {size = "u0"} : (tensor<i64>) -> tensor<i64>
  %y = torch.aten.slice.Tensor(%x, %k) {end = -9223372036854775808} : (tensor<8xf32>, tensor<i64>) -> tensor<?xf32, #framework.dims<["u0"]>>
  func.return %y : tensor<?xf32, #framework.dims<["u0"]>>
}

// -----

// An end that may be outside: the size has a name of its own.
// CHECK-LABEL: func.func @main(
// CHECK: engine.as_size
// CHECK: arith.minsi
// CHECK: engine.as_size
// CHECK-SAME: defines = ["u1"], at_most = array<i64: 8>
// CHECK: engine.slice %x
// CHECK-SAME: sizes = #engine.extents<["u1"]>
func.func @main(%x: tensor<8xf32>, %n: tensor<i64>) -> tensor<?xf32, #framework.dims<["u1"]>> {
  %k = torch.as_size(%n) {size = "u0"} : (tensor<i64>) -> tensor<i64>
  %y = torch.aten.slice.Tensor(%x, %k) {end = -9223372036854775808} : (tensor<8xf32>, tensor<i64>) -> tensor<?xf32, #framework.dims<["u1"]>>
  func.return %y : tensor<?xf32, #framework.dims<["u1"]>>
}

// -----

// What is not one integer is no size, and gives no name.
// CHECK-LABEL: func.func @main(
// CHECK-NOT: sizes = #engine.names
// CHECK: reason = "as_size of tensor<2xi64>; a size is one integer"
// CHECK-NOT: engine.slice
func.func @main(%x: tensor<8xf32>, %n: tensor<2xi64>) -> tensor<?xf32, #framework.dims<["u0"]>> {
  %k = torch.as_size(%n) {size = "u0"} : (tensor<2xi64>) -> tensor<2xi64>
  %y = torch.aten.slice.Tensor(%x, %k) {end = -9223372036854775808} : (tensor<8xf32>, tensor<2xi64>) -> tensor<?xf32, #framework.dims<["u0"]>>
  func.return %y : tensor<?xf32, #framework.dims<["u0"]>>
}
