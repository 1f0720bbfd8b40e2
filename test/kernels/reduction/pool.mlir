// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// Windows inside of the image are written out and share their columns; those on the border are
// called one by one and find their taps.

// 5x6 windows, of which 3x4 lie inside: a tile of four, whose columns are reduced once. The first
// window reads three columns, the others two more each.
func.func @main(%x: tensor<1x8x9x11xf32, #engine.layout<"aBcd8b">>) -> tensor<1x8x5x6xf32, #engine.layout<"aBcd8b">> {
  %y = engine.pool %x {kind = "max", kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>} : tensor<1x8x9x11xf32, #engine.layout<"aBcd8b">> -> tensor<1x8x5x6xf32, #engine.layout<"aBcd8b">>
  func.return %y : tensor<1x8x5x6xf32, #engine.layout<"aBcd8b">>
}

// CHECK-LABEL: func.func @pool_1x8x5x6_{{[0-9a-f]+}}(
// CHECK-SAME:    inside = "3x4", lanes = 8 : i64, tile = 4 : i64
// CHECK:         scf.for
// CHECK:           scf.if
// CHECK:             func.call @pool_1x8x5x6_{{[0-9a-f]+}}_edge(%{{.*}}, %{{.*}}, %[[ROW:.*]], %c0)
// CHECK-COUNT-9:     vector.load %{{.*}} vector<8xf32>
// CHECK:             arith.maximumf
// CHECK:             vector.store %{{.*}}[%[[ROW]], %c1, %c0]
// CHECK-COUNT-6:     vector.load %{{.*}} vector<8xf32>
// CHECK:             vector.store %{{.*}}[%[[ROW]], %c2, %c0]
// CHECK:           } else {
// CHECK:             scf.for
// CHECK:               func.call @pool_1x8x5x6_{{[0-9a-f]+}}_edge(
// CHECK-LABEL: func.func private @pool_1x8x5x6_{{[0-9a-f]+}}_edge(
// CHECK:         scf.for
// CHECK-NEXT:      scf.for

// -----

// A row-major image runs one channel at a time. A mean divides by the taps of a whole window; on the
// border by those that lie inside.
func.func @main(%x: tensor<1x2x9x9xf32>) -> tensor<1x2x5x5xf32> {
  %y = engine.pool %x {kind = "average", kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>} : tensor<1x2x9x9xf32> -> tensor<1x2x5x5xf32>
  func.return %y : tensor<1x2x5x5xf32>
}

// CHECK-LABEL: func.func @pool_1x2x5x5_{{[0-9a-f]+}}(
// CHECK-SAME:    inside = "3x3", lanes = 1 : i64, tile = 4 : i64
// CHECK:         %[[NINE:.*]] = arith.constant 9.000000e+00 : f32
// CHECK:         arith.divf %{{.*}}, %[[NINE]] : f32
// CHECK-LABEL: func.func private @pool_1x2x5x5_{{[0-9a-f]+}}_edge(
// CHECK:         %[[COUNT:.*]] = arith.sitofp
// CHECK:         arith.divf %{{.*}}, %[[COUNT]] : f32
