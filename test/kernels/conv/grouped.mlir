// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// Groups that do not fill vectors: a panel is gone over once for each group with results in it.

// Four groups of five channels in panels of 16 and what is left of 20: results of the first panel
// are of four groups, those of the second one of a fifth pass. Lanes of other groups keep their sums.
func.func @main(%x: tensor<1x20x3x5xf32, #engine.layout<"aBcd8b">>, %w: tensor<20x5x1x1xf32, #engine.layout<"Abcd16a">>) -> tensor<1x20x3x5xf32, #engine.layout<"aBcd8b">> {
  %y = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 4 : i64} : tensor<1x20x3x5xf32, #engine.layout<"aBcd8b">>, tensor<20x5x1x1xf32, #engine.layout<"Abcd16a">> -> tensor<1x20x3x5xf32, #engine.layout<"aBcd8b">>
  func.return %y : tensor<1x20x3x5xf32, #engine.layout<"aBcd8b">>
}

// CHECK-LABEL: func.func @conv_1x20x3x5_{{[0-9a-f]+}}(
// CHECK-SAME:    flat = true, loops = "images 1, panels 2, rows 1", panel = 16 : i64, passes = 5 : i64
// CHECK-LABEL: func.func private @conv_1x20x3x5_{{[0-9a-f]+}}_1x5x2(
// CHECK:         scf.for
// CHECK:           vector.create_mask
// CHECK:           vector.create_mask
// CHECK-NEXT:      %[[LANES:.*]] = arith.xori %{{.*}} : vector<8xi1>
// CHECK:           %[[SUM:.*]] = vector.fma %{{.*}}, %{{.*}}, %[[OLD:.*]] : vector<8xf32>
// CHECK-NEXT:      arith.select %[[LANES]], %[[SUM]], %[[OLD]] : vector<8xi1>, vector<8xf32>
// CHECK-LABEL: func.func private @conv_1x20x3x5_{{[0-9a-f]+}}_1x5x1(
