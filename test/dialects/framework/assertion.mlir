// RUN: %roundtrip
// RUN: %generic_roundtrip

// A condition on data, at level 1: of values of any type.

// CHECK-LABEL:  func.func @tensors(%x: tensor<?x4xf32, #framework.dims<["n", ""]>>, %c: tensor<i1>) -> tensor<?x4xf32, #framework.dims<["n", ""]>> {
// CHECK-NEXT:    %y = framework.assert %x, %c {message = "not so"} : tensor<?x4xf32, #framework.dims<["n", ""]>>, tensor<i1>
func.func @tensors(%x: tensor<?x4xf32, #framework.dims<["n", ""]>>, %c: tensor<i1>) -> tensor<?x4xf32, #framework.dims<["n", ""]>> {
  %y = framework.assert %x, %c {message = "not so"} : tensor<?x4xf32, #framework.dims<["n", ""]>>, tensor<i1>
  func.return %y : tensor<?x4xf32, #framework.dims<["n", ""]>>
}

// CHECK-LABEL:  func.func @sequences(
// CHECK-NEXT:    %t = framework.assert %s, %c {message = "not so"} : !framework.seq<tensor<4xf32>>, tensor<2xi1>
func.func @sequences(%s: !framework.seq<tensor<4xf32>>, %c: tensor<2xi1>) -> !framework.seq<tensor<4xf32>> {
  %t = framework.assert %s, %c {message = "not so"} : !framework.seq<tensor<4xf32>>, tensor<2xi1>
  func.return %t : !framework.seq<tensor<4xf32>>
}
