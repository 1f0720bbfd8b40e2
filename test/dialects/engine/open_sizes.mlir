// RUN: opt-tool %s --split-input-file | opt-tool --split-input-file | filecheck %s
// RUN: opt-tool %s -p 'bind-sizes{sizes=N=2,S=5,T=7,H=9}' --split-input-file | filecheck %s --check-prefix=BOUND

// Operations infer sizes by name. With numbers in their place they are the operations on numbers.

// An assertion and a scan keep the sizes of their operand.
func.func @same(%x: tensor<?x4xf32, #engine.sizes<"N">>, %c: tensor<i1>) -> tensor<?x4xf32, #engine.sizes<"N">> {
  %0 = engine.assert %x, %c {message = "no"} : tensor<?x4xf32, #engine.sizes<"N">>, tensor<i1> -> tensor<?x4xf32, #engine.sizes<"N">>
  %1 = engine.scan %0 {kind = "sum", axis = 0 : i64} : tensor<?x4xf32, #engine.sizes<"N">> -> tensor<?x4xf32, #engine.sizes<"N">>
  func.return %1 : tensor<?x4xf32, #engine.sizes<"N">>
}
// CHECK: engine.scan {{.*}} : tensor<?x4xf32, #engine.sizes<"N">>
// BOUND: engine.scan {{.*}} : tensor<2x4xf32>

// -----

// The axis of a top_k may be an open one, which must hold as many in each call.
func.func @best(%x: tensor<?x?xf32, #engine.sizes<"N", "S">>) -> tensor<?x3xi64, #engine.sizes<"N">> {
  %0 = engine.top_k %x {axis = 1 : i64, count = 3 : i64} : tensor<?x?xf32, #engine.sizes<"N", "S">> -> tensor<?x3xi64, #engine.sizes<"N">>
  func.return %0 : tensor<?x3xi64, #engine.sizes<"N">>
}
// CHECK: engine.top_k {{.*}} -> tensor<?x3xi64, #engine.sizes<"N">>
// BOUND: engine.top_k {{.*}} : tensor<2x5xf32> -> tensor<2x3xi64>

// -----

// Tiles of Winograd cover a map of any size: its result is that of the convolution.
func.func @winograd(%x: tensor<?x64x?x58xf32, #engine.sizes<"N", "H">>, %u: tensor<36x32x64xf32>, %w: tensor<32x64x3x3xf32>) -> tensor<?x32x?x56xf32, #engine.sizes<"N", "H - 2">> {
  %0 = engine.winograd %x, %u, %w : tensor<?x64x?x58xf32, #engine.sizes<"N", "H">>, tensor<36x32x64xf32>, tensor<32x64x3x3xf32> -> tensor<?x32x?x56xf32, #engine.sizes<"N", "H - 2">>
  func.return %0 : tensor<?x32x?x56xf32, #engine.sizes<"N", "H - 2">>
}
// CHECK: engine.winograd {{.*}} -> tensor<?x32x?x56xf32, #engine.sizes<"N", "H - 2">>
// BOUND: engine.winograd {{.*}} -> tensor<2x32x7x56xf32>

// -----

func.func @shuffled(%x: tensor<?x8x?xf32, #engine.sizes<"N", "S">>) -> tensor<?x8x?xf32, #engine.sizes<"N", "S">> {
  %0 = engine.shuffle %x {groups = 2 : i64} : tensor<?x8x?xf32, #engine.sizes<"N", "S">> -> tensor<?x8x?xf32, #engine.sizes<"N", "S">>
  func.return %0 : tensor<?x8x?xf32, #engine.sizes<"N", "S">>
}
// CHECK: engine.shuffle {{.*}} : tensor<?x8x?xf32, #engine.sizes<"N", "S">>
// BOUND: engine.shuffle {{.*}} : tensor<2x8x5xf32>

// -----

func.func @resized(%x: tensor<?x3x?xf32, #engine.sizes<"N", "S">>) -> tensor<?x3x?xf32, #engine.sizes<"N", "S * 2">> {
  %0 = engine.resize %x {mode = "nearest", coordinates = "asymmetric", rounding = "floor", scales = array<f64: 1.0, 1.0, 2.0>, cubic_coefficient = -7.5e-01 : f64} : tensor<?x3x?xf32, #engine.sizes<"N", "S">> -> tensor<?x3x?xf32, #engine.sizes<"N", "S * 2">>
  func.return %0 : tensor<?x3x?xf32, #engine.sizes<"N", "S * 2">>
}
// CHECK: engine.resize {{.*}} -> tensor<?x3x?xf32, #engine.sizes<"N", "S * 2">>
// BOUND: engine.resize {{.*}} -> tensor<2x3x10xf32>

// -----

// Steps and rows of a recurrent layer.
func.func @rnn(%g: tensor<?x?x8xf32, #engine.sizes<"T", "N">>, %r: tensor<8x8xf32>, %h: tensor<?x8xf32, #engine.sizes<"N">>) -> tensor<?x?x8xf32, #engine.sizes<"T", "N">> {
  %ys, %h1 = engine.recurrence %g, %r init(%h : tensor<?x8xf32, #engine.sizes<"N">>) : tensor<?x?x8xf32, #engine.sizes<"T", "N">>, tensor<8x8xf32> -> tensor<?x?x8xf32, #engine.sizes<"T", "N">>, tensor<?x8xf32, #engine.sizes<"N">> {
  ^bb0(%x: f32, %y: f32, %s: f32):
    %0 = arith.addf %x, %y : f32
    engine.yield %0 : f32
  }
  func.return %ys : tensor<?x?x8xf32, #engine.sizes<"T", "N">>
}
// CHECK: engine.recurrence {{.*}} -> tensor<?x?x8xf32, #engine.sizes<"T", "N">>, tensor<?x8xf32, #engine.sizes<"N">>
// BOUND: engine.recurrence {{.*}} -> tensor<7x2x8xf32>, tensor<2x8xf32>
