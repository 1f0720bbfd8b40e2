// RUN: opt-tool %s --split-input-file -p 'optimize{only=merge-dimensions-after-transpose exactness=bitwise}' --check-numerics | filecheck %s

// Views that merge dimensions move behind transposes, where they meet their like.

func.func @leading(%x: tensor<1x2x4x6xf32>) -> tensor<1x2x6x4xf32> {
  %a = engine.reshape %x : tensor<1x2x4x6xf32> -> tensor<2x4x6xf32>
  %b = engine.transpose %a {perm = array<i64: 0, 2, 1>} : tensor<2x4x6xf32> -> tensor<2x6x4xf32>
  %c = engine.reshape %b : tensor<2x6x4xf32> -> tensor<1x2x6x4xf32>
  func.return %c : tensor<1x2x6x4xf32>
}

// CHECK-LABEL: func.func @leading
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {rewrites = ["merge-dimensions-after-transpose"], perm = array<i64: 0, 1, 3, 2>} : tensor<1x2x4x6xf32> -> tensor<1x2x6x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["merge-dimensions-after-transpose"]} : tensor<1x2x6x4xf32> -> tensor<2x6x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<2x6x4xf32> -> tensor<1x2x6x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x6x4xf32>
// CHECK-NEXT:    }

// -----

func.func @between_transposes(%x: tensor<3x2x4xf32>) -> tensor<4x6xf32> {
  %a = engine.transpose %x {perm = array<i64: 1, 0, 2>} : tensor<3x2x4xf32> -> tensor<2x3x4xf32>
  %b = engine.reshape %a : tensor<2x3x4xf32> -> tensor<6x4xf32>
  %c = engine.transpose %b {perm = array<i64: 1, 0>} : tensor<6x4xf32> -> tensor<4x6xf32>
  func.return %c : tensor<4x6xf32>
}

// CHECK-LABEL: func.func @between_transposes
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0, 2>} : tensor<3x2x4xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {rewrites = ["merge-dimensions-after-transpose"], perm = array<i64: 2, 0, 1>} : tensor<2x3x4xf32> -> tensor<4x2x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["merge-dimensions-after-transpose"]} : tensor<4x2x3xf32> -> tensor<4x6xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x6xf32>
// CHECK-NEXT:    }

// -----

// The reshape splits a dimension.
func.func @near_miss_split(%x: tensor<6x4xf32>) -> tensor<24xf32> {
  %a = engine.reshape %x : tensor<6x4xf32> -> tensor<2x3x4xf32>
  %b = engine.transpose %a {perm = array<i64: 1, 0, 2>} : tensor<2x3x4xf32> -> tensor<3x2x4xf32>
  %c = engine.reshape %b : tensor<3x2x4xf32> -> tensor<24xf32>
  func.return %c : tensor<24xf32>
}

// CHECK-LABEL: func.func @near_miss_split
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<6x4xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0, 2>} : tensor<2x3x4xf32> -> tensor<3x2x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<3x2x4xf32> -> tensor<24xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<24xf32>
// CHECK-NEXT:    }

// -----

// A product reads through the transpose.
func.func @near_miss_product(%x: tensor<1x2x4x6xf32>, %w: tensor<2x4x5xf32>) -> tensor<2x6x5xf32> {
  %a = engine.reshape %x : tensor<1x2x4x6xf32> -> tensor<2x4x6xf32>
  %b = engine.transpose %a {perm = array<i64: 0, 2, 1>} : tensor<2x4x6xf32> -> tensor<2x6x4xf32>
  %y = engine.matmul %b, %w {nodes = ["/y"]} : tensor<2x6x4xf32>, tensor<2x4x5xf32> -> tensor<2x6x5xf32>
  func.return %y : tensor<2x6x5xf32>
}

// CHECK-LABEL: func.func @near_miss_product
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<1x2x4x6xf32> -> tensor<2x4x6xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 2, 1>} : tensor<2x4x6xf32> -> tensor<2x6x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<2x6x4xf32>, tensor<2x4x5xf32> -> tensor<2x6x5xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x6x5xf32>
// CHECK-NEXT:    }
