// RUN: opt-tool %s --split-input-file -p 'optimize{only=merge-pads exactness=bitwise}' --check-numerics | filecheck %s

// Two pads with one constant are one pad.

func.func @twice(%x: tensor<2x3xf32>) -> tensor<3x6xf32> {
  %a = engine.pad %x {low = array<i64: 1, 0>, high = array<i64: 0, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<2x3xf32> -> tensor<3x4xf32>
  %b = engine.pad %a {low = array<i64: 0, 1>, high = array<i64: 0, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<3x4xf32> -> tensor<3x6xf32>
  func.return %b : tensor<3x6xf32>
}

// CHECK-LABEL: func.func @twice
// CHECK-NEXT:      %{{.*}} = engine.pad %{{.*}} {rewrites = ["merge-pads"], low = array<i64: 1, 1>, high = array<i64: 0, 2>, mode = "constant", value = 0.000000e+00 : f32} : tensor<2x3xf32> -> tensor<3x6xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<3x6xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_constant(%x: tensor<2x3xf32>) -> tensor<3x6xf32> {
  %a = engine.pad %x {low = array<i64: 1, 0>, high = array<i64: 0, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<2x3xf32> -> tensor<3x4xf32>
  %b = engine.pad %a {low = array<i64: 0, 1>, high = array<i64: 0, 1>, mode = "constant", value = 1.000000e+00 : f32} : tensor<3x4xf32> -> tensor<3x6xf32>
  func.return %b : tensor<3x6xf32>
}

// CHECK-LABEL: func.func @near_miss_constant
// CHECK-NEXT:      %{{.*}} = engine.pad %{{.*}} {low = array<i64: 1, 0>, high = array<i64: 0, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<2x3xf32> -> tensor<3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.pad %{{.*}} {low = array<i64: 0, 1>, high = array<i64: 0, 1>, mode = "constant", value = 1.000000e+00 : f32} : tensor<3x4xf32> -> tensor<3x6xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<3x6xf32>
// CHECK-NEXT:    }

// -----

// What is cropped may be the padding.
func.func @near_miss_crop(%x: tensor<2x3xf32>) -> tensor<3x4xf32> {
  %a = engine.pad %x {low = array<i64: 1, 0>, high = array<i64: 0, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<2x3xf32> -> tensor<3x4xf32>
  %b = engine.pad %a {low = array<i64: 0, 1>, high = array<i64: 0, -1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<3x4xf32> -> tensor<3x4xf32>
  func.return %b : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_crop
// CHECK-NEXT:      %{{.*}} = engine.pad %{{.*}} {low = array<i64: 1, 0>, high = array<i64: 0, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<2x3xf32> -> tensor<3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.pad %{{.*}} {low = array<i64: 0, 1>, high = array<i64: 0, -1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<3x4xf32> -> tensor<3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_reflect(%x: tensor<2x3xf32>) -> tensor<2x7xf32> {
  %a = engine.pad %x {low = array<i64: 0, 1>, high = array<i64: 0, 1>, mode = "reflect", value = 0.000000e+00 : f32} : tensor<2x3xf32> -> tensor<2x5xf32>
  %b = engine.pad %a {low = array<i64: 0, 1>, high = array<i64: 0, 1>, mode = "reflect", value = 0.000000e+00 : f32} : tensor<2x5xf32> -> tensor<2x7xf32>
  func.return %b : tensor<2x7xf32>
}

// CHECK-LABEL: func.func @near_miss_reflect
// CHECK-NEXT:      %{{.*}} = engine.pad %{{.*}} {low = array<i64: 0, 1>, high = array<i64: 0, 1>, mode = "reflect", value = 0.000000e+00 : f32} : tensor<2x3xf32> -> tensor<2x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.pad %{{.*}} {low = array<i64: 0, 1>, high = array<i64: 0, 1>, mode = "reflect", value = 0.000000e+00 : f32} : tensor<2x5xf32> -> tensor<2x7xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x7xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_second_use(%x: tensor<2x3xf32>) -> (tensor<3x6xf32>, tensor<3x4xf32>) {
  %a = engine.pad %x {low = array<i64: 1, 0>, high = array<i64: 0, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<2x3xf32> -> tensor<3x4xf32>
  %b = engine.pad %a {low = array<i64: 0, 1>, high = array<i64: 0, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<3x4xf32> -> tensor<3x6xf32>
  func.return %b, %a : tensor<3x6xf32>, tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:      %{{.*}} = engine.pad %{{.*}} {low = array<i64: 1, 0>, high = array<i64: 0, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<2x3xf32> -> tensor<3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.pad %{{.*}} {low = array<i64: 0, 1>, high = array<i64: 0, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<3x4xf32> -> tensor<3x6xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<3x6xf32>, tensor<3x4xf32>
// CHECK-NEXT:    }
