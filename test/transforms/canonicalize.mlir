// RUN: opt-tool %s --split-input-file -p canonicalize | filecheck %s

// `canonicalize` applies the rules of `optimize` that simplify and change no bit, beside xDSL's
// own patterns; nothing is fused, and nothing is rounded differently.

// Two transposes that undo each other are none.
func.func @transposes(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %a = engine.transpose %x {perm = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
  %b = engine.transpose %a {perm = array<i64: 1, 0>} : tensor<3x2xf32> -> tensor<2x3xf32>
  func.return %b : tensor<2x3xf32>
}
// CHECK:       func.func @transposes(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
// CHECK-NEXT:    func.return %x : tensor<2x3xf32>

// -----

// Provenance is kept: of what is built, and of the operation around a scalar.
func.func @provenance(%x: tensor<2x3x4xf32>) -> tensor<4x3x2xf32> {
  %a = engine.transpose %x {nodes = ["/a"], perm = array<i64: 2, 0, 1>} : tensor<2x3x4xf32> -> tensor<4x2x3xf32>
  %b = engine.transpose %a {nodes = ["/b"], perm = array<i64: 0, 2, 1>} : tensor<4x2x3xf32> -> tensor<4x3x2xf32>
  %c = engine.map ins(%b : tensor<4x3x2xf32>) attributes {nodes = ["/c"]} -> tensor<4x3x2xf32> {
  ^bb0(%p: f32):
    %0 = arith.negf %p : f32
    %1 = arith.negf %0 : f32
    %2 = math.tanh %1 : f32
    engine.yield %2 : f32
  }
  func.return %c : tensor<4x3x2xf32>
}
// CHECK:       func.func @provenance
// CHECK-NEXT:    %b = engine.transpose %x {nodes = ["/a", "/b"], rewrites = ["merge-transposes"], perm = array<i64: 2, 1, 0>}
// CHECK-NEXT:    %c = engine.map ins(%b : tensor<4x3x2xf32>) attributes {nodes = ["/c"], rewrites = ["cancel-negations"]} -> tensor<4x3x2xf32> {
// CHECK-NEXT:    ^bb0(%p: f32):
// CHECK-NEXT:      %{{.*}} = math.tanh %p : f32

// -----

// What rounds stays, and so does what `optimize` would fuse.
func.func @near_miss_rounding(%x: tensor<3xf32>) -> tensor<3xf32> {
  %a = engine.map ins(%x : tensor<3xf32>) -> tensor<3xf32> {
  ^bb0(%p: f32):
    %c = arith.constant 3.0 : f32
    %0 = arith.divf %p, %c : f32
    engine.yield %0 : f32
  }
  %b = engine.map ins(%a : tensor<3xf32>) -> tensor<3xf32> {
  ^bb0(%p: f32):
    %0 = math.tanh %p : f32
    engine.yield %0 : f32
  }
  func.return %b : tensor<3xf32>
}
// CHECK:       func.func @near_miss_rounding
// CHECK:         arith.divf
// CHECK:         engine.map
// CHECK-NEXT:    ^bb0
// CHECK-NEXT:      math.tanh

// -----

// A reference operation stays as it is.
func.func @near_miss_reference(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %y = engine.reference(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32> {
  ^bb0(%p: tensor<2x3xf32>):
    %a = engine.transpose %p {perm = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
    %b = engine.transpose %a {perm = array<i64: 1, 0>} : tensor<3x2xf32> -> tensor<2x3xf32>
    engine.yield %b : tensor<2x3xf32>
  }
  func.return %y : tensor<2x3xf32>
}
// CHECK:       func.func @near_miss_reference
// CHECK:         engine.transpose
// CHECK-NEXT:    engine.transpose

// -----

// Outside of engine operations arithmetic is xDSL's business.
func.func @near_miss_plain(%x: f32) -> f32 {
  %c = arith.constant 1.0 : f32
  %0 = arith.mulf %x, %c : f32
  func.return %0 : f32
}
// CHECK:       func.func @near_miss_plain
// CHECK:         arith.mulf
