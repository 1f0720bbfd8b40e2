// RUN: opt-tool %s --split-input-file -p 'optimize{only=move-map-before-transpose exactness=bitwise}' --check-numerics | filecheck %s

// A map moves in front of the transpose of a matrix product, whose epilogue it can be.
//
//     map{f}(transpose{p}(x), y) => transpose{p}(map{f}(x, transpose{q}(y))) if q undoes p, x is a
//     matrix product read only here, and y has as many dimensions or one element.

func.func @residual(%x: tensor<1x4x5x2xf32>, %w: tensor<2x3xf32>, %y: tensor<1x3x4x5xf32>) -> tensor<1x3x4x5xf32> {
  %p = engine.matmul %x, %w : tensor<1x4x5x2xf32>, tensor<2x3xf32> -> tensor<1x4x5x3xf32>
  %t = engine.transpose %p {perm = array<i64: 0, 3, 1, 2>} : tensor<1x4x5x3xf32> -> tensor<1x3x4x5xf32>
  %0 = engine.map ins(%y, %t : tensor<1x3x4x5xf32>, tensor<1x3x4x5xf32>) -> tensor<1x3x4x5xf32> {
  ^bb0(%a: f32, %b: f32):
    %1 = arith.subf %a, %b : f32
    engine.yield %1 : f32
  }
  func.return %0 : tensor<1x3x4x5xf32>
}

// CHECK-LABEL: func.func @residual
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<1x4x5x2xf32>, tensor<2x3xf32> -> tensor<1x4x5x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {rewrites = ["move-map-before-transpose"], perm = array<i64: 0, 2, 3, 1>} : tensor<1x3x4x5xf32> -> tensor<1x4x5x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<1x4x5x3xf32>, tensor<1x4x5x3xf32>) attributes {rewrites = ["move-map-before-transpose"]} -> tensor<1x4x5x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {rewrites = ["move-map-before-transpose"], perm = array<i64: 0, 3, 1, 2>} : tensor<1x4x5x3xf32> -> tensor<1x3x4x5xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3x4x5xf32>
// CHECK-NEXT:    }

// -----

// Per channel, and one number.
func.func @broadcast(%x: tensor<1x4x5x2xf32>, %w: tensor<2x3xf32>, %y: tensor<1x3x1x1xf32>, %z: tensor<1xf32>) -> tensor<1x3x4x5xf32> {
  %p = engine.matmul %x, %w : tensor<1x4x5x2xf32>, tensor<2x3xf32> -> tensor<1x4x5x3xf32>
  %t = engine.transpose %p {perm = array<i64: 0, 3, 1, 2>} : tensor<1x4x5x3xf32> -> tensor<1x3x4x5xf32>
  %0 = engine.map ins(%t, %y, %z : tensor<1x3x4x5xf32>, tensor<1x3x1x1xf32>, tensor<1xf32>) -> tensor<1x3x4x5xf32> {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %1 = arith.mulf %a, %b : f32
    %2 = arith.addf %1, %c : f32
    engine.yield %2 : f32
  }
  func.return %0 : tensor<1x3x4x5xf32>
}

// CHECK-LABEL: func.func @broadcast
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<1x4x5x2xf32>, tensor<2x3xf32> -> tensor<1x4x5x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {rewrites = ["move-map-before-transpose"], perm = array<i64: 0, 2, 3, 1>} : tensor<1x3x1x1xf32> -> tensor<1x1x1x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<1x4x5x3xf32>, tensor<1x1x1x3xf32>, tensor<1xf32>) attributes {rewrites = ["move-map-before-transpose"]} -> tensor<1x4x5x3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {rewrites = ["move-map-before-transpose"], perm = array<i64: 0, 3, 1, 2>} : tensor<1x4x5x3xf32> -> tensor<1x3x4x5xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3x4x5xf32>
// CHECK-NEXT:    }

// -----

// The transposed product is an output, too.
func.func @near_miss_read_twice(%x: tensor<4x2xf32>, %w: tensor<2x3xf32>, %y: tensor<3x4xf32>) -> (tensor<3x4xf32>, tensor<3x4xf32>) {
  %p = engine.matmul %x, %w : tensor<4x2xf32>, tensor<2x3xf32> -> tensor<4x3xf32>
  %t = engine.transpose %p {perm = array<i64: 1, 0>} : tensor<4x3xf32> -> tensor<3x4xf32>
  %0 = engine.map ins(%y, %t : tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32> {
  ^bb0(%a: f32, %b: f32):
    %1 = arith.addf %a, %b : f32
    engine.yield %1 : f32
  }
  func.return %0, %t : tensor<3x4xf32>, tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_read_twice
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<4x2xf32>, tensor<2x3xf32> -> tensor<4x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0>} : tensor<4x3xf32> -> tensor<3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<3x4xf32>
// CHECK-NEXT:    }

// -----

// The product is an output, too, and could not take the map.
func.func @near_miss_product_read_twice(%x: tensor<4x2xf32>, %w: tensor<2x3xf32>, %y: tensor<3x4xf32>) -> (tensor<3x4xf32>, tensor<4x3xf32>) {
  %p = engine.matmul %x, %w : tensor<4x2xf32>, tensor<2x3xf32> -> tensor<4x3xf32>
  %t = engine.transpose %p {perm = array<i64: 1, 0>} : tensor<4x3xf32> -> tensor<3x4xf32>
  %0 = engine.map ins(%y, %t : tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32> {
  ^bb0(%a: f32, %b: f32):
    %1 = arith.addf %a, %b : f32
    engine.yield %1 : f32
  }
  func.return %0, %p : tensor<3x4xf32>, tensor<4x3xf32>
}

// CHECK-LABEL: func.func @near_miss_product_read_twice
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<4x2xf32>, tensor<2x3xf32> -> tensor<4x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0>} : tensor<4x3xf32> -> tensor<3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<4x3xf32>
// CHECK-NEXT:    }

// -----

// No matrix product: nothing takes the map over.
func.func @near_miss_softmax(%x: tensor<4x3xf32>, %y: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %p = engine.softmax %x {axis = 1 : i64} : tensor<4x3xf32> -> tensor<4x3xf32>
  %t = engine.transpose %p {perm = array<i64: 1, 0>} : tensor<4x3xf32> -> tensor<3x4xf32>
  %0 = engine.map ins(%y, %t : tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32> {
  ^bb0(%a: f32, %b: f32):
    %1 = arith.addf %a, %b : f32
    engine.yield %1 : f32
  }
  func.return %0 : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_softmax
// CHECK-NEXT:      %{{.*}} = engine.softmax %{{.*}} {axis = 1 : i64} : tensor<4x3xf32> -> tensor<4x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0>} : tensor<4x3xf32> -> tensor<3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:    }

// -----

// The product broadcasts: its epilogue has fewer elements than the map.
func.func @near_miss_broadcast_product(%x: tensor<1x4x2xf32>, %w: tensor<2x3xf32>, %y: tensor<6x3x4xf32>) -> tensor<6x3x4xf32> {
  %p = engine.matmul %x, %w : tensor<1x4x2xf32>, tensor<2x3xf32> -> tensor<1x4x3xf32>
  %t = engine.transpose %p {perm = array<i64: 0, 2, 1>} : tensor<1x4x3xf32> -> tensor<1x3x4xf32>
  %0 = engine.map ins(%y, %t : tensor<6x3x4xf32>, tensor<1x3x4xf32>) -> tensor<6x3x4xf32> {
  ^bb0(%a: f32, %b: f32):
    %1 = arith.addf %a, %b : f32
    engine.yield %1 : f32
  }
  func.return %0 : tensor<6x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_broadcast_product
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<1x4x2xf32>, tensor<2x3xf32> -> tensor<1x4x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 2, 1>} : tensor<1x4x3xf32> -> tensor<1x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<6x3x4xf32>, tensor<1x3x4xf32>) -> tensor<6x3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<6x3x4xf32>
// CHECK-NEXT:    }

// -----

// An operand with fewer dimensions has no transpose of this order.
func.func @near_miss_fewer_dimensions(%x: tensor<4x2xf32>, %w: tensor<2x3xf32>, %y: tensor<4xf32>) -> tensor<3x4xf32> {
  %p = engine.matmul %x, %w : tensor<4x2xf32>, tensor<2x3xf32> -> tensor<4x3xf32>
  %t = engine.transpose %p {perm = array<i64: 1, 0>} : tensor<4x3xf32> -> tensor<3x4xf32>
  %0 = engine.map ins(%t, %y : tensor<3x4xf32>, tensor<4xf32>) -> tensor<3x4xf32> {
  ^bb0(%a: f32, %b: f32):
    %1 = arith.addf %a, %b : f32
    engine.yield %1 : f32
  }
  func.return %0 : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_fewer_dimensions
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<4x2xf32>, tensor<2x3xf32> -> tensor<4x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0>} : tensor<4x3xf32> -> tensor<3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<4xf32>) -> tensor<3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:    }
