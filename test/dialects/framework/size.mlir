// RUN: %roundtrip
// RUN: %generic_roundtrip
// RUN: opt-tool %s -p bind-sizes{sizes=S=3} | filecheck %s --check-prefix=BOUND

// A size as a number: an expression over the names of the inputs, a number once they are bound.

// CHECK-LABEL: func.func @main
// CHECK: %{{.*}} = framework.size {value = #engine.extents<["S * 2 + 1"]>} : tensor<i64>
// BOUND: %{{.*}} = framework.size {value = array<i64: 7>} : tensor<i64>
func.func @main(%x: tensor<?xf32, #framework.dims<["S"]>>) -> tensor<i64>
    attributes {sizes = #engine.names<S in 0 hint 1>} {
  %n = framework.size {value = #engine.extents<["S * 2 + 1"]>} : tensor<i64>
  func.return %n : tensor<i64>
}
