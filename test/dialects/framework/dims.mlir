// RUN: opt-tool %s | filecheck %s
// RUN: opt-tool %s | opt-tool | filecheck %s
// RUN: opt-tool -p 'bind-sizes{sizes=S=5}' %s | filecheck %s --check-prefix=BOUND

// Sizes of level 1 are expressions in normal form, one for each dimension.

// CHECK:      func.func @sizes(%x: tensor<?x3x?xf32, #framework.dims<["N", "", "S + 1"]>>, %y: tensor<?x?xf32, #framework.dims<["", "S * 2"]>>)
// BOUND:      func.func @sizes(%x: tensor<?x3x6xf32, #framework.dims<["N", "", ""]>>, %y: tensor<?x10xf32>)
func.func @sizes(%x : tensor<?x3x?xf32, #framework.dims<["N", "", "1 + S"]>>, %y : tensor<?x?xf32, #framework.dims<["", "S + S"]>>) {
  func.return
}

// What is no expression is a name, as texts of earlier versions have it.

// CHECK:      func.func @words(%x: tensor<?x?xf32, #framework.dims<["'batch size'", "'4'"]>>)
func.func @words(%x : tensor<?x?xf32, #framework.dims<["batch size", "4"]>>) {
  func.return
}
