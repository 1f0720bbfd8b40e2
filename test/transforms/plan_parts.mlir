// RUN: opt-tool %s --split-input-file -p 'plan-memory,check-memory-plan' | filecheck %s

// A value is not written as a part of what is computed from it: of %b the first use is a part of %c,
// which is a part of %d, and %d reads it again.
func.func @read_again(%x: tensor<5x6xf32>) -> tensor<20x6xf32> {
  %a = engine.softmax %x {axis = 0 : i64} : tensor<5x6xf32> -> tensor<5x6xf32>
  %b = engine.softmax %a {axis = 0 : i64} : tensor<5x6xf32> -> tensor<5x6xf32>
  %c = engine.concat %a, %b {axis = 0 : i64} : tensor<5x6xf32>, tensor<5x6xf32> -> tensor<10x6xf32>
  %d = engine.concat %b, %c, %b {axis = 0 : i64} : tensor<5x6xf32>, tensor<10x6xf32>, tensor<5x6xf32> -> tensor<20x6xf32>
  func.return %d : tensor<20x6xf32>
}

// CHECK-LABEL:  func.func @read_again
// CHECK:          %[[B:.*]] = engine.view %arena {offset = 0 : i64} : memref<128xi8> -> memref<5x6xf32>
// CHECK:          engine.concat %{{.*}}, %[[B]] outs(%{{.*}}) {absorbed = array<i64: 0>, axis = 0 : i64}
// CHECK:          engine.concat %[[B]], %{{.*}}, %[[B]] outs(%{{.*}}) {absorbed = array<i64: 1>, axis = 0 : i64}

// -----

// Nor is a slice of it a view then.
func.func @slice_read_again(%x: tensor<5x6xf32>) -> tensor<10x6xf32> {
  %a = engine.softmax %x {axis = 0 : i64} : tensor<5x6xf32> -> tensor<5x6xf32>
  %s = engine.slice %a {starts = array<i64: 0, 0>, sizes = array<i64: 2, 6>, steps = array<i64: 1, 1>} : tensor<5x6xf32> -> tensor<2x6xf32>
  %t = engine.slice %a {starts = array<i64: 2, 0>, sizes = array<i64: 3, 6>, steps = array<i64: 1, 1>} : tensor<5x6xf32> -> tensor<3x6xf32>
  %d = engine.concat %a, %t, %s {axis = 0 : i64} : tensor<5x6xf32>, tensor<3x6xf32>, tensor<2x6xf32> -> tensor<10x6xf32>
  func.return %d : tensor<10x6xf32>
}

// CHECK-LABEL:  func.func @slice_read_again
// CHECK:          %[[S:.*]] = engine.view %arena {offset = 128 : i64} : memref<192xi8> -> memref<2x6xf32>
// CHECK-NEXT:     engine.slice %{{.*}} outs(%[[S]] : memref<2x6xf32>)
// CHECK:          engine.concat %{{.*}}, %{{.*}}, %[[S]] outs(%d : memref<10x6xf32>) {absorbed = array<i64: 0>, axis = 0 : i64}
