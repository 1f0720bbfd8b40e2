// RUN: opt-tool %s --pass-pipeline=expand-resize --check-numerics | filecheck %s

// Resampling becomes data movement and products with constants.

// Each pixel four times: no numbers are read but the pixels.
func.func @twice(%x: tensor<1x2x3x3xf32>) -> tensor<1x2x6x6xf32> {
  %y = engine.resize %x {mode = "nearest", coordinates = "asymmetric", rounding = "floor", scales = array<f64: 1.0, 1.0, 2.0, 2.0>, cubic_coefficient = -0.75 : f64} : tensor<1x2x3x3xf32> -> tensor<1x2x6x6xf32>
  func.return %y : tensor<1x2x6x6xf32>
}
// CHECK-LABEL: func.func @twice
// CHECK-NEXT:    %[[split:.*]] = engine.reshape %x {{.*}} : tensor<1x2x3x3xf32> -> tensor<1x2x3x1x3x1xf32>
// CHECK-NEXT:    %[[wide:.*]] = engine.broadcast %[[split]] {{.*}} : tensor<1x2x3x1x3x1xf32> -> tensor<1x2x3x2x3x2xf32>
// CHECK-NEXT:    %y = engine.reshape %[[wide]] {{.*}} : tensor<1x2x3x2x3x2xf32> -> tensor<1x2x6x6xf32>
// CHECK-NEXT:    func.return %y

// A factor that is not whole picks pixels by constant indices.
func.func @picked(%x: tensor<1x4xi32>) -> tensor<1x6xi32> {
  %y = engine.resize %x {mode = "nearest", coordinates = "half_pixel", rounding = "round_prefer_floor", scales = array<f64: 1.0, 1.5>, cubic_coefficient = -0.75 : f64} : tensor<1x4xi32> -> tensor<1x6xi32>
  func.return %y : tensor<1x6xi32>
}
// CHECK-LABEL: func.func @picked
// CHECK-NEXT:    %[[i:.*]] = engine.constant dense<[0, 0, 1, 2, 2, 3]> : tensor<6xi64>
// CHECK-NEXT:    %y = engine.gather %x, %[[i]] {{.*}}axis = 1

// Interpolation is a product from the left or from the right with few weights in each row.
func.func @interpolated(%x: tensor<2x4x4xf32>) -> tensor<2x8x2xf32> {
  %y = engine.resize %x {mode = "linear", coordinates = "half_pixel", rounding = "floor", scales = array<f64: 1.0, 2.0, 0.5>, cubic_coefficient = -0.75 : f64} : tensor<2x4x4xf32> -> tensor<2x8x2xf32>
  func.return %y : tensor<2x8x2xf32>
}
// CHECK-LABEL: func.func @interpolated
// CHECK:         engine.matmul %{{.*}}, %x {{.*}} : tensor<8x4xf32>, tensor<2x4x4xf32> -> tensor<2x8x4xf32>
// CHECK:         engine.matmul {{.*}} : tensor<16x4xf32>, tensor<4x2xf32> -> tensor<16x2xf32>
// CHECK:         func.return %y : tensor<2x8x2xf32>

// Near miss: interpolated integers are truncated, which a product does not do.
func.func @integers(%x: tensor<1x4xi32>) -> tensor<1x8xi32> {
  %y = engine.resize %x {mode = "linear", coordinates = "half_pixel", rounding = "floor", scales = array<f64: 1.0, 2.0>, cubic_coefficient = -0.75 : f64} : tensor<1x4xi32> -> tensor<1x8xi32>
  func.return %y : tensor<1x8xi32>
}
// CHECK-LABEL: func.func @integers
// CHECK-NEXT:    engine.resize
