// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// Winograd's convolution has three phases: the transform of the input, 36 products, the transform of
// their sums.

// 8x8 results are four tiles of 4x4, which are one block. A tile whose results are not finite is
// computed again as a sum of products.
func.func @main(%x: tensor<1x16x10x10xf32, #engine.layout<"aBcd8b">>, %u: tensor<36x16x16xf32, #engine.layout<"Bac16b">>, %w: tensor<16x16x3x3xf32, #engine.layout<"Abcd8a">>) -> tensor<1x16x8x8xf32, #engine.layout<"aBcd8b">> {
  %y = engine.winograd %x, %u, %w : tensor<1x16x10x10xf32, #engine.layout<"aBcd8b">>, tensor<36x16x16xf32, #engine.layout<"Bac16b">>, tensor<16x16x3x3xf32, #engine.layout<"Abcd8a">> -> tensor<1x16x8x8xf32, #engine.layout<"aBcd8b">>
  func.return %y : tensor<1x16x8x8xf32, #engine.layout<"aBcd8b">>
}

// CHECK-LABEL: func.func @winograd_1x16x8x8_{{[0-9a-f]+}}(
// CHECK-SAME:    plan = {blocks = 1 : i64, chunks = 1 : i64, panel = 16 : i64, panel_groups = 1 : i64, prefetches_weight = false, product = "4x2", tiles = 4 : i64}
// CHECK:         memref.alloca() {{.*}} : memref<36x72xf32>
// CHECK:         memref.alloca() {{.*}} : memref<36x72xf32>
// CHECK:         scf.for %{{.*}} = %c0 to %c4 step %c1 {
// CHECK:           func.call @winograd_1x16x8x8_{{[0-9a-f]+}}_input(
// CHECK:         scf.for %{{.*}} = %c0 to %c36 step %c1 {
// CHECK:           func.call @winograd_1x16x8x8_{{[0-9a-f]+}}_product4(
// CHECK:         scf.for %{{.*}} = %c0 to %c4 step %c1 {
// CHECK:           func.call @winograd_1x16x8x8_{{[0-9a-f]+}}_output(
// CHECK-LABEL: func.func private @winograd_1x16x8x8_{{[0-9a-f]+}}_output(
// CHECK:         arith.cmpf uno
// CHECK:         scf.if
// CHECK-NEXT:      func.call @winograd_1x16x8x8_{{[0-9a-f]+}}_direct(
// CHECK:         scf.for %{{.*}} = %row to %c4 step %c1 {
