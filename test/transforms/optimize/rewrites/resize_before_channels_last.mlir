// RUN: opt-tool %s --split-input-file -p 'optimize{only=resize-before-channels-last exactness=rounding}' --check-numerics | filecheck %s

// An image that is enlarged between two transposes is enlarged before the first.

func.func @moved_back(%x: tensor<2x4x5x6xf32>) -> tensor<2x4x10x18xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %o = engine.resize %a {mode = "linear", coordinates = "half_pixel", rounding = "floor", scales = array<f64: 1.000000e+00, 2.000000e+00, 3.000000e+00, 1.000000e+00>, cubic_coefficient = -7.500000e-01 : f64} : tensor<2x5x6x4xf32> -> tensor<2x10x18x4xf32>
  %r = engine.transpose %o {perm = array<i64: 0, 3, 1, 2>} : tensor<2x10x18x4xf32> -> tensor<2x4x10x18xf32>
  func.return %r : tensor<2x4x10x18xf32>
}

// CHECK-LABEL: func.func @moved_back
// CHECK-NEXT:      %{{.*}} = engine.resize %{{.*}} {rewrites = ["resize-before-channels-last"], mode = "linear", coordinates = "half_pixel", rounding = "floor", scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 3.000000e+00>, cubic_coefficient = -7.500000e-01 : f64} : tensor<2x4x5x6xf32> -> tensor<2x4x10x18xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {rewrites = ["resize-before-channels-last"], perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x10x18xf32> -> tensor<2x10x18x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 3, 1, 2>} : tensor<2x10x18x4xf32> -> tensor<2x4x10x18xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x4x10x18xf32>
// CHECK-NEXT:    }

// -----

func.func @open(%x: tensor<?x4x5x6xf32, #engine.sizes<"N">>) -> tensor<?x4x10x6xf32, #engine.sizes<"N">> attributes {sizes = #engine.names<N in 1>} {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<?x4x5x6xf32, #engine.sizes<"N">> -> tensor<?x5x6x4xf32, #engine.sizes<"N">>
  %o = engine.resize %a {mode = "nearest", coordinates = "asymmetric", rounding = "floor", scales = array<f64: 1.000000e+00, 2.000000e+00, 1.000000e+00, 1.000000e+00>, cubic_coefficient = -7.500000e-01 : f64} : tensor<?x5x6x4xf32, #engine.sizes<"N">> -> tensor<?x10x6x4xf32, #engine.sizes<"N">>
  %r = engine.transpose %o {perm = array<i64: 0, 3, 1, 2>} : tensor<?x10x6x4xf32, #engine.sizes<"N">> -> tensor<?x4x10x6xf32, #engine.sizes<"N">>
  func.return %r : tensor<?x4x10x6xf32, #engine.sizes<"N">>
}

// CHECK-LABEL: func.func @open
// CHECK-NEXT:      %{{.*}} = engine.resize %{{.*}} {rewrites = ["resize-before-channels-last"], mode = "nearest", coordinates = "asymmetric", rounding = "floor", scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 1.000000e+00>, cubic_coefficient = -7.500000e-01 : f64} : tensor<?x4x5x6xf32, #engine.sizes<"N">> -> tensor<?x4x10x6xf32, #engine.sizes<"N">>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {rewrites = ["resize-before-channels-last"], perm = array<i64: 0, 2, 3, 1>} : tensor<?x4x10x6xf32, #engine.sizes<"N">> -> tensor<?x10x6x4xf32, #engine.sizes<"N">>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 3, 1, 2>} : tensor<?x10x6x4xf32, #engine.sizes<"N">> -> tensor<?x4x10x6xf32, #engine.sizes<"N">>
// CHECK-NEXT:      func.return %{{.*}} : tensor<?x4x10x6xf32, #engine.sizes<"N">>
// CHECK-NEXT:    }

// -----

// One transpose would become another one, of more elements.
func.func @near_miss_not_moved_back(%x: tensor<2x4x5x6xf32>) -> tensor<2x10x18x4xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
  %o = engine.resize %a {mode = "linear", coordinates = "half_pixel", rounding = "floor", scales = array<f64: 1.000000e+00, 2.000000e+00, 3.000000e+00, 1.000000e+00>, cubic_coefficient = -7.500000e-01 : f64} : tensor<2x5x6x4xf32> -> tensor<2x10x18x4xf32>
  func.return %o : tensor<2x10x18x4xf32>
}

// CHECK-LABEL: func.func @near_miss_not_moved_back
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 2, 3, 1>} : tensor<2x4x5x6xf32> -> tensor<2x5x6x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.resize %{{.*}} {mode = "linear", coordinates = "half_pixel", rounding = "floor", scales = array<f64: 1.000000e+00, 2.000000e+00, 3.000000e+00, 1.000000e+00>, cubic_coefficient = -7.500000e-01 : f64} : tensor<2x5x6x4xf32> -> tensor<2x10x18x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x10x18x4xf32>
// CHECK-NEXT:    }

// -----

// Rows and columns change places.
func.func @near_miss_other(%x: tensor<2x4x5x6xf32>) -> tensor<2x4x5x12xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 1, 3, 2>} : tensor<2x4x5x6xf32> -> tensor<2x4x6x5xf32>
  %o = engine.resize %a {mode = "linear", coordinates = "half_pixel", rounding = "floor", scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 1.000000e+00>, cubic_coefficient = -7.500000e-01 : f64} : tensor<2x4x6x5xf32> -> tensor<2x4x12x5xf32>
  %r = engine.transpose %o {perm = array<i64: 0, 1, 3, 2>} : tensor<2x4x12x5xf32> -> tensor<2x4x5x12xf32>
  func.return %r : tensor<2x4x5x12xf32>
}

// CHECK-LABEL: func.func @near_miss_other
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 1, 3, 2>} : tensor<2x4x5x6xf32> -> tensor<2x4x6x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.resize %{{.*}} {mode = "linear", coordinates = "half_pixel", rounding = "floor", scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 1.000000e+00>, cubic_coefficient = -7.500000e-01 : f64} : tensor<2x4x6x5xf32> -> tensor<2x4x12x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 1, 3, 2>} : tensor<2x4x12x5xf32> -> tensor<2x4x5x12xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x4x5x12xf32>
// CHECK-NEXT:    }
