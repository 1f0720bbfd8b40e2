// RUN: opt-tool %s --split-input-file -p 'optimize{only=recompose-shuffle exactness=bitwise}' --check-numerics | filecheck %s

// Channels that are parted in groups and joined the other way round are shuffled.
//
//     reshape(transpose{0, 2, 1, 3, ...}(reshape(x))) => shuffle{g}(x) if the reshapes part the
//     channels of images in g groups and join them again.

func.func @images(%x: tensor<2x6x4x5xf32>) -> tensor<2x6x4x5xf32> {
  %a = engine.reshape %x : tensor<2x6x4x5xf32> -> tensor<2x3x2x4x5xf32>
  %b = engine.transpose %a {perm = array<i64: 0, 2, 1, 3, 4>} : tensor<2x3x2x4x5xf32> -> tensor<2x2x3x4x5xf32>
  %c = engine.reshape %b : tensor<2x2x3x4x5xf32> -> tensor<2x6x4x5xf32>
  func.return %c : tensor<2x6x4x5xf32>
}

// CHECK-LABEL: func.func @images
// CHECK-NEXT:      %{{.*}} = engine.shuffle %{{.*}} {rewrites = ["recompose-shuffle"], groups = 3 : i64} : tensor<2x6x4x5xf32> -> tensor<2x6x4x5xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x6x4x5xf32>
// CHECK-NEXT:    }

// -----

// Channels and rows change places.
func.func @near_miss_rows(%x: tensor<2x6x3x5xf32>) -> tensor<2x6x3x5xf32> {
  %a = engine.reshape %x : tensor<2x6x3x5xf32> -> tensor<2x2x3x3x5xf32>
  %b = engine.transpose %a {perm = array<i64: 0, 1, 3, 2, 4>} : tensor<2x2x3x3x5xf32> -> tensor<2x2x3x3x5xf32>
  %c = engine.reshape %b : tensor<2x2x3x3x5xf32> -> tensor<2x6x3x5xf32>
  func.return %c : tensor<2x6x3x5xf32>
}

// CHECK-LABEL: func.func @near_miss_rows
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<2x6x3x5xf32> -> tensor<2x2x3x3x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 1, 3, 2, 4>} : tensor<2x2x3x3x5xf32> -> tensor<2x2x3x3x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<2x2x3x3x5xf32> -> tensor<2x6x3x5xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x6x3x5xf32>
// CHECK-NEXT:    }

// -----

// The images are parted, too.
func.func @near_miss_images(%x: tensor<2x6x4x5xf32>) -> tensor<2x6x4x5xf32> {
  %a = engine.reshape %x : tensor<2x6x4x5xf32> -> tensor<1x4x3x4x5xf32>
  %b = engine.transpose %a {perm = array<i64: 0, 2, 1, 3, 4>} : tensor<1x4x3x4x5xf32> -> tensor<1x3x4x4x5xf32>
  %c = engine.reshape %b : tensor<1x3x4x4x5xf32> -> tensor<2x6x4x5xf32>
  func.return %c : tensor<2x6x4x5xf32>
}

// CHECK-LABEL: func.func @near_miss_images
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<2x6x4x5xf32> -> tensor<1x4x3x4x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 2, 1, 3, 4>} : tensor<1x4x3x4x5xf32> -> tensor<1x3x4x4x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<1x3x4x4x5xf32> -> tensor<2x6x4x5xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x6x4x5xf32>
// CHECK-NEXT:    }

// -----

// Another shape comes out.
func.func @near_miss_shape(%x: tensor<2x6x4x5xf32>) -> tensor<2x24x5xf32> {
  %a = engine.reshape %x : tensor<2x6x4x5xf32> -> tensor<2x3x2x4x5xf32>
  %b = engine.transpose %a {perm = array<i64: 0, 2, 1, 3, 4>} : tensor<2x3x2x4x5xf32> -> tensor<2x2x3x4x5xf32>
  %c = engine.reshape %b : tensor<2x2x3x4x5xf32> -> tensor<2x24x5xf32>
  func.return %c : tensor<2x24x5xf32>
}

// CHECK-LABEL: func.func @near_miss_shape
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<2x6x4x5xf32> -> tensor<2x3x2x4x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 2, 1, 3, 4>} : tensor<2x3x2x4x5xf32> -> tensor<2x2x3x4x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<2x2x3x4x5xf32> -> tensor<2x24x5xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x24x5xf32>
// CHECK-NEXT:    }
