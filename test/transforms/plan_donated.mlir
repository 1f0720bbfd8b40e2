// RUN: opt-tool %s --split-input-file -p 'plan-memory,check-memory-plan' | filecheck %s

// A cache that grows lies in the memory of what it becomes, and only the new row is written.
func.func @grown(%past: tensor<2x5x4xf32>, %x: tensor<2x1x4xf32>) -> tensor<2x6x4xf32> attributes {donated = [#framework.donation<argument = 0, result = 0>]} {
  %new = engine.softmax %x {axis = 2 : i64} : tensor<2x1x4xf32> -> tensor<2x1x4xf32>
  %present = engine.concat %past, %new {axis = 1 : i64} : tensor<2x5x4xf32>, tensor<2x1x4xf32> -> tensor<2x6x4xf32>
  func.return %present : tensor<2x6x4xf32>
}

// CHECK-LABEL:  func.func @grown
// CHECK-SAME:     %past: memref<2x5x4xf32>, %x: memref<2x1x4xf32>, %[[OUT:.*]]: memref<2x6x4xf32>)
// CHECK-NEXT:     %[[PAST:.*]] = engine.view %[[OUT]] {offset = 0 : i64} : memref<2x6x4xf32> -> memref<2x5x4xf32, #engine.layout<"abc", [24, 4, 1]>>
// CHECK-NEXT:     engine.relayout %past outs(%[[PAST]] : {{.*}}) {donated}
// CHECK:          engine.concat %[[PAST]], %{{.*}} outs(%[[OUT]] : memref<2x6x4xf32>) {absorbed = array<i64: 0, 1>

// -----

// What is scattered into it, and computed in place then, is written over it.
func.func @changed(%past: tensor<8x4xf32>, %i: tensor<1x1xi64>, %u: tensor<1x4xf32>) -> tensor<8x4xf32> attributes {donated = [#framework.donation<argument = 0, result = 0>]} {
  %y = engine.scatter %past, %i, %u {reduction = "none"} : tensor<8x4xf32>, tensor<1x1xi64>, tensor<1x4xf32> -> tensor<8x4xf32>
  %z = engine.softmax %y {axis = 1 : i64} : tensor<8x4xf32> -> tensor<8x4xf32>
  func.return %z : tensor<8x4xf32>
}

// CHECK-LABEL:  func.func @changed
// CHECK-SAME:     %arena: memref<0xi8>
// CHECK:          engine.relayout %past outs(%{{.*}}) {donated}
// CHECK:          engine.scatter

// -----

// Not where it is read once more when the result has been written,
func.func @read_later(%past: tensor<8x4xf32>, %i: tensor<1x1xi64>, %u: tensor<1x4xf32>) -> (tensor<8x4xf32>, tensor<8x4xf32>) attributes {donated = [#framework.donation<argument = 0, result = 0>]} {
  %y = engine.scatter %past, %i, %u {reduction = "none"} : tensor<8x4xf32>, tensor<1x1xi64>, tensor<1x4xf32> -> tensor<8x4xf32>
  %z = engine.softmax %past {axis = 1 : i64} : tensor<8x4xf32> -> tensor<8x4xf32>
  func.return %y, %z : tensor<8x4xf32>, tensor<8x4xf32>
}

// CHECK-LABEL:  func.func @read_later
// CHECK-NOT:      {donated}

// -----

// nor where the part is another one than that with its indices,
func.func @in_front(%past: tensor<2x5x4xf32>, %x: tensor<2x1x4xf32>) -> tensor<2x6x4xf32> attributes {donated = [#framework.donation<argument = 0, result = 0>]} {
  %new = engine.softmax %x {axis = 2 : i64} : tensor<2x1x4xf32> -> tensor<2x1x4xf32>
  %present = engine.concat %new, %past {axis = 1 : i64} : tensor<2x1x4xf32>, tensor<2x5x4xf32> -> tensor<2x6x4xf32>
  func.return %present : tensor<2x6x4xf32>
}

// CHECK-LABEL:  func.func @in_front
// CHECK-NOT:      {donated}

// -----

// nor in a part of another output.
func.func @elsewhere(%past: tensor<2x5x4xf32>, %x: tensor<2x1x4xf32>) -> (tensor<2x6x4xf32>, tensor<2x6x4xf32>) attributes {donated = [#framework.donation<argument = 0, result = 1>]} {
  %new = engine.softmax %x {axis = 2 : i64} : tensor<2x1x4xf32> -> tensor<2x1x4xf32>
  %present = engine.concat %past, %new {axis = 1 : i64} : tensor<2x5x4xf32>, tensor<2x1x4xf32> -> tensor<2x6x4xf32>
  %z = engine.softmax %present {axis = 2 : i64} : tensor<2x6x4xf32> -> tensor<2x6x4xf32>
  func.return %present, %z : tensor<2x6x4xf32>, tensor<2x6x4xf32>
}

// CHECK-LABEL:  func.func @elsewhere
// CHECK-NOT:      {donated}

// -----

// Nor where other parts of the output are written while it is read.
func.func @joined(%past: tensor<4x4xf32>, %x: tensor<2x4xf32>) -> tensor<4x4xf32> attributes {donated = [#framework.donation<argument = 0, result = 0>]} {
  %a = engine.softmax %x {axis = 1 : i64} : tensor<2x4xf32> -> tensor<2x4xf32>
  %b = engine.softmax %past {axis = 1 : i64} : tensor<4x4xf32> -> tensor<4x4xf32>
  %s = engine.slice %b {starts = array<i64: 0, 0>, sizes = array<i64: 2, 4>, steps = array<i64: 1, 1>} : tensor<4x4xf32> -> tensor<2x4xf32>
  %c = engine.concat %a, %s {axis = 0 : i64} : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<4x4xf32>
  func.return %c : tensor<4x4xf32>
}

// CHECK-LABEL:  func.func @joined
// CHECK-NOT:      {donated}
