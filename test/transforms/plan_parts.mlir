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

// -----

// What an operand is a view of is computed where the operand belongs: other shapes of the same
// elements, and transposes, where their dimensions follow each other there.
func.func @views(%x: tensor<2x3x4xf32>, %y: tensor<2x5xf32>) -> tensor<2x17xf32> {
  %a = engine.softmax %x {axis = 2 : i64} : tensor<2x3x4xf32> -> tensor<2x3x4xf32>
  %r = engine.reshape %a : tensor<2x3x4xf32> -> tensor<2x12xf32>
  %b = engine.softmax %y {axis = 1 : i64} : tensor<2x5xf32> -> tensor<2x5xf32>
  %c = engine.concat %r, %b {axis = 1 : i64} : tensor<2x12xf32>, tensor<2x5xf32> -> tensor<2x17xf32>
  func.return %c : tensor<2x17xf32>
}

// CHECK-LABEL:  func.func @views
// CHECK:          %[[A:.*]] = engine.view %[[C:.*]] {offset = 0 : i64} : memref<2x17xf32> -> memref<2x3x4xf32, #engine.layout<"abc", [17, 4, 1]>>
// CHECK:          engine.softmax %x outs(%[[A]]
// CHECK:          %[[R:.*]] = engine.view %[[A]] {offset = 0 : i64, elements = array<i64: 0, 12, 1>}
// CHECK:          engine.concat %[[R]], %{{.*}} outs(%[[C]] : memref<2x17xf32>) {absorbed = array<i64: 0, 1>

// -----

// Not a slice, of which more would have to lie there; nor what an output or a loop reads in rows;
// nor a shape whose rows are joined, which are apart there.
func.func @no_views(%x: tensor<2x3x4xf32>, %z: tensor<3x4xf32>) -> (tensor<2x14xf32>, tensor<2x3x4xf32>, tensor<3x8xf32>) {
  %a = engine.softmax %x {axis = 2 : i64} : tensor<2x3x4xf32> -> tensor<2x3x4xf32>
  %r = engine.reshape %a : tensor<2x3x4xf32> -> tensor<2x12xf32>
  %s = engine.slice %r {starts = array<i64: 0, 0>, sizes = array<i64: 2, 2>, steps = array<i64: 1, 1>} : tensor<2x12xf32> -> tensor<2x2xf32>
  %c = engine.concat %r, %s {axis = 1 : i64} : tensor<2x12xf32>, tensor<2x2xf32> -> tensor<2x14xf32>
  %b = engine.softmax %z {axis = 1 : i64} : tensor<3x4xf32> -> tensor<3x4xf32>
  %f = engine.reshape %b : tensor<3x4xf32> -> tensor<12xf32>
  %t = engine.reshape %f : tensor<12xf32> -> tensor<3x4xf32>
  %d = engine.concat %t, %z {axis = 1 : i64} : tensor<3x4xf32>, tensor<3x4xf32> -> tensor<3x8xf32>
  func.return %c, %a, %d : tensor<2x14xf32>, tensor<2x3x4xf32>, tensor<3x8xf32>
}

// CHECK-LABEL:  func.func @no_views
// CHECK-NOT:      absorbed

// -----

// Nor where the whole would be in memory while most is, and the arena larger by more than an eighth
// of what is not copied then.
func.func @larger(%x: tensor<8x4x64xf32>, %y: tensor<8x1024xf32>, %z: tensor<8x256xf32>) -> (tensor<8x512xf32>, tensor<8x1024xf32>) {
  %a = engine.softmax %x {axis = 2 : i64} : tensor<8x4x64xf32> -> tensor<8x4x64xf32>
  %r = engine.reshape %a : tensor<8x4x64xf32> -> tensor<8x256xf32>
  %b = engine.softmax %y {axis = 1 : i64} : tensor<8x1024xf32> -> tensor<8x1024xf32>
  %c = engine.softmax %b {axis = 0 : i64} : tensor<8x1024xf32> -> tensor<8x1024xf32>
  %n = engine.softmax %z {axis = 1 : i64} : tensor<8x256xf32> -> tensor<8x256xf32>
  %d = engine.concat %r, %n {axis = 1 : i64} : tensor<8x256xf32>, tensor<8x256xf32> -> tensor<8x512xf32>
  %e = engine.softmax %d {axis = 0 : i64} : tensor<8x512xf32> -> tensor<8x512xf32>
  func.return %e, %c : tensor<8x512xf32>, tensor<8x1024xf32>
}

// CHECK-LABEL:  func.func @larger
// CHECK:          engine.concat %{{.*}}, %{{.*}} outs(%{{.*}}) {absorbed = array<i64: 1>
