// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v3}' | filecheck %s

// The taps of all columns lie in a table, those of a row are computed once.

// Two rows and two columns of taps for each element, of eight channels at a time.
func.func @main(%x: tensor<1x8x4x4xf32, #engine.layout<"aBcd8b">>) -> tensor<1x8x8x8xf32, #engine.layout<"aBcd8b">> {
  %y = engine.resize %x {mode = "linear", coordinates = "half_pixel", rounding = "floor", scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00>, cubic_coefficient = -7.500000e-01 : f64} : tensor<1x8x4x4xf32, #engine.layout<"aBcd8b">> -> tensor<1x8x8x8xf32, #engine.layout<"aBcd8b">>
  func.return %y : tensor<1x8x8x8xf32, #engine.layout<"aBcd8b">>
}

// CHECK-LABEL: func.func @resize_1x8x8x8_{{[0-9a-f]+}}(
// CHECK-SAME:    lanes = 8 : i64, segment = 8 : i64, taps = 4 : i64
// CHECK:         %[[PLACES:.*]] = memref.alloca() {{.*}} : memref<2x8xi64>
// CHECK:         %[[WEIGHTS:.*]] = memref.alloca() {{.*}} : memref<2x8xf32>
// CHECK:         scf.for
// CHECK-COUNT-2:   memref.store %{{.*}}, %[[WEIGHTS]]
// CHECK:         scf.for
// CHECK:           scf.for
// CHECK-COUNT-4:     vector.load
// CHECK:             arith.mulf %{{.*}} : vector<8xf32>
// CHECK-COUNT-3:     vector.fma
// CHECK-NEXT:        vector.store

// -----

// The nearest element needs no weights: a copy at computed places.
func.func @main(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x8x8xf32> {
  %y = engine.resize %x {mode = "nearest", coordinates = "asymmetric", rounding = "floor", scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00>, cubic_coefficient = -7.500000e-01 : f64} : tensor<1x2x4x4xf32> -> tensor<1x2x8x8xf32>
  func.return %y : tensor<1x2x8x8xf32>
}

// CHECK-LABEL: func.func @resize_1x2x8x8_{{[0-9a-f]+}}(
// CHECK-SAME:    lanes = 1 : i64, segment = 8 : i64, taps = 1 : i64
// CHECK:         memref.alloca() {{.*}} : memref<1x8xi64>
// CHECK-NOT:     memref.alloca
// CHECK:         %[[ONE:.*]] = memref.load %x
// CHECK-NEXT:    memref.store %[[ONE]], %y
