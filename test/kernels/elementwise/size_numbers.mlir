// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// Positions are a vector of lane numbers and the position of its first lane.
func.func @main() -> tensor<10xi32> {
  %y = engine.iota : tensor<10xi32>
  func.return %y : tensor<10xi32>
}

// CHECK-LABEL: func.func @iota_10_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {chunks = 1 : i64, lanes = 8 : i64}
// CHECK:         arith.addi %{{.*}}, %{{.*}} : vector<8xi32>
// CHECK:         vector.store
// CHECK:         vector.maskedstore

// -----

// Sizes are stored one by one.
func.func @main() -> tensor<2xi64> {
  %y = engine.size_values {sizes = array<i64: 7, -1>} : tensor<2xi64>
  func.return %y : tensor<2xi64>
}

// CHECK-LABEL: func.func @size_values_2_{{[0-9a-f]+}}(
// CHECK:         memref.store %{{.*}}, %{{.*}}[%{{.*}}] : memref<2xi64>
// CHECK:         memref.store %{{.*}}, %{{.*}}[%{{.*}}] : memref<2xi64>
