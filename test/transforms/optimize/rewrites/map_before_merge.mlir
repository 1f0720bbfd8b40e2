// RUN: opt-tool %s --split-input-file -p 'optimize{only=map-before-merge exactness=bitwise}' --check-numerics | filecheck %s

// A residual sum reads windows where they lie.

func.func @windows(%x: tensor<1x2x2x3x3x4xf32>, %y: tensor<1x6x6x4xf32>) -> tensor<1x6x6x4xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 1, 3, 2, 4, 5>} : tensor<1x2x2x3x3x4xf32> -> tensor<1x2x3x2x3x4xf32>
  %b = engine.reshape %a : tensor<1x2x3x2x3x4xf32> -> tensor<1x6x6x4xf32>
  %c = engine.map ins(%b, %y : tensor<1x6x6x4xf32>, tensor<1x6x6x4xf32>) -> tensor<1x6x6x4xf32> {
  ^bb0(%p: f32, %q: f32):
    %n = arith.subf %p, %q : f32
    engine.yield %n : f32
  }
  func.return %c : tensor<1x6x6x4xf32>
}

// CHECK-LABEL: func.func @windows
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 1, 3, 2, 4, 5>} : tensor<1x2x2x3x3x4xf32> -> tensor<1x2x3x2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["map-before-merge"]} : tensor<1x6x6x4xf32> -> tensor<1x2x3x2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<1x2x3x2x3x4xf32>, tensor<1x2x3x2x3x4xf32>) attributes {rewrites = ["map-before-merge"]} -> tensor<1x2x3x2x3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["map-before-merge"]} : tensor<1x2x3x2x3x4xf32> -> tensor<1x6x6x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x6x6x4xf32>
// CHECK-NEXT:    }

// -----

func.func @open(%x: tensor<?x3x2x4xf32, #engine.sizes<"S">>, %y: tensor<?x6x4xf32, #engine.sizes<"S">>, %z: tensor<1x1x1xf32>) -> tensor<?x6x4xf32, #engine.sizes<"S">> attributes {sizes = #engine.names<S in 1>} {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 1, 3>} : tensor<?x3x2x4xf32, #engine.sizes<"S">> -> tensor<?x2x3x4xf32, #engine.sizes<"S">>
  %b = engine.reshape %a : tensor<?x2x3x4xf32, #engine.sizes<"S">> -> tensor<?x6x4xf32, #engine.sizes<"S">>
  %c = engine.map ins(%b, %y, %z : tensor<?x6x4xf32, #engine.sizes<"S">>, tensor<?x6x4xf32, #engine.sizes<"S">>, tensor<1x1x1xf32>) -> tensor<?x6x4xf32, #engine.sizes<"S">> {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %n = arith.subf %p, %q : f32
    %o = arith.mulf %n, %r : f32
    engine.yield %o : f32
  }
  func.return %c : tensor<?x6x4xf32, #engine.sizes<"S">>
}

// CHECK-LABEL: func.func @open
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 2, 1, 3>} : tensor<?x3x2x4xf32, #engine.sizes<"S">> -> tensor<?x2x3x4xf32, #engine.sizes<"S">>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["map-before-merge"]} : tensor<?x6x4xf32, #engine.sizes<"S">> -> tensor<?x2x3x4xf32, #engine.sizes<"S">>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["map-before-merge"]} : tensor<1x1x1xf32> -> tensor<f32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<?x2x3x4xf32, #engine.sizes<"S">>, tensor<?x2x3x4xf32, #engine.sizes<"S">>, tensor<f32>) attributes {rewrites = ["map-before-merge"]} -> tensor<?x2x3x4xf32, #engine.sizes<"S">> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["map-before-merge"]} : tensor<?x2x3x4xf32, #engine.sizes<"S">> -> tensor<?x6x4xf32, #engine.sizes<"S">>
// CHECK-NEXT:      func.return %{{.*}} : tensor<?x6x4xf32, #engine.sizes<"S">>
// CHECK-NEXT:    }

// -----

// The map would read columns.
func.func @near_miss_last(%x: tensor<2x4x3xf32>, %y: tensor<2x12xf32>) -> tensor<2x12xf32> {
  %a = engine.transpose %x {perm = array<i64: 0, 2, 1>} : tensor<2x4x3xf32> -> tensor<2x3x4xf32>
  %b = engine.reshape %a : tensor<2x3x4xf32> -> tensor<2x12xf32>
  %c = engine.map ins(%b, %y : tensor<2x12xf32>, tensor<2x12xf32>) -> tensor<2x12xf32> {
  ^bb0(%p: f32, %q: f32):
    %n = arith.subf %p, %q : f32
    engine.yield %n : f32
  }
  func.return %c : tensor<2x12xf32>
}

// CHECK-LABEL: func.func @near_miss_last
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 2, 1>} : tensor<2x4x3xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<2x3x4xf32> -> tensor<2x12xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x12xf32>, tensor<2x12xf32>) -> tensor<2x12xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x12xf32>
// CHECK-NEXT:    }

// -----

// The reshape splits a dimension.
func.func @near_miss_split(%x: tensor<3x4x5xf32>, %y: tensor<2x2x3x5xf32>) -> tensor<2x2x3x5xf32> {
  %a = engine.transpose %x {perm = array<i64: 1, 0, 2>} : tensor<3x4x5xf32> -> tensor<4x3x5xf32>
  %b = engine.reshape %a : tensor<4x3x5xf32> -> tensor<2x2x3x5xf32>
  %c = engine.map ins(%b, %y : tensor<2x2x3x5xf32>, tensor<2x2x3x5xf32>) -> tensor<2x2x3x5xf32> {
  ^bb0(%p: f32, %q: f32):
    %n = arith.subf %p, %q : f32
    engine.yield %n : f32
  }
  func.return %c : tensor<2x2x3x5xf32>
}

// CHECK-LABEL: func.func @near_miss_split
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0, 2>} : tensor<3x4x5xf32> -> tensor<4x3x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<4x3x5xf32> -> tensor<2x2x3x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x2x3x5xf32>, tensor<2x2x3x5xf32>) -> tensor<2x2x3x5xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x2x3x5xf32>
// CHECK-NEXT:    }

// -----

// The copy is read elsewhere.
func.func @near_miss_read(%x: tensor<3x4x5xf32>, %y: tensor<12x5xf32>) -> (tensor<12x5xf32>, tensor<12x5xf32>) {
  %a = engine.transpose %x {perm = array<i64: 1, 0, 2>} : tensor<3x4x5xf32> -> tensor<4x3x5xf32>
  %b = engine.reshape %a : tensor<4x3x5xf32> -> tensor<12x5xf32>
  %c = engine.map ins(%b, %y : tensor<12x5xf32>, tensor<12x5xf32>) -> tensor<12x5xf32> {
  ^bb0(%p: f32, %q: f32):
    %n = arith.subf %p, %q : f32
    engine.yield %n : f32
  }
  func.return %b, %c : tensor<12x5xf32>, tensor<12x5xf32>
}

// CHECK-LABEL: func.func @near_miss_read
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0, 2>} : tensor<3x4x5xf32> -> tensor<4x3x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<4x3x5xf32> -> tensor<12x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<12x5xf32>, tensor<12x5xf32>) -> tensor<12x5xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<12x5xf32>, tensor<12x5xf32>
// CHECK-NEXT:    }

// -----

// The product takes the map in.
func.func @near_miss_product(%x: tensor<3x4x5xf32>, %y: tensor<12x7xf32>, %w: tensor<7x5xf32>) -> tensor<12x5xf32> {
  %a = engine.transpose %x {perm = array<i64: 1, 0, 2>} : tensor<3x4x5xf32> -> tensor<4x3x5xf32>
  %b = engine.reshape %a : tensor<4x3x5xf32> -> tensor<12x5xf32>
  %m = engine.matmul %y, %w : tensor<12x7xf32>, tensor<7x5xf32> -> tensor<12x5xf32>
  %c = engine.map ins(%b, %m : tensor<12x5xf32>, tensor<12x5xf32>) -> tensor<12x5xf32> {
  ^bb0(%p: f32, %q: f32):
    %n = arith.subf %p, %q : f32
    engine.yield %n : f32
  }
  func.return %c : tensor<12x5xf32>
}

// CHECK-LABEL: func.func @near_miss_product
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0, 2>} : tensor<3x4x5xf32> -> tensor<4x3x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<4x3x5xf32> -> tensor<12x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<12x7xf32>, tensor<7x5xf32> -> tensor<12x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<12x5xf32>, tensor<12x5xf32>) -> tensor<12x5xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<12x5xf32>
// CHECK-NEXT:    }

// -----

// A row is added to all of them.
func.func @near_miss_repeated(%x: tensor<3x4x5xf32>, %y: tensor<1x5xf32>) -> tensor<12x5xf32> {
  %a = engine.transpose %x {perm = array<i64: 1, 0, 2>} : tensor<3x4x5xf32> -> tensor<4x3x5xf32>
  %b = engine.reshape %a : tensor<4x3x5xf32> -> tensor<12x5xf32>
  %c = engine.map ins(%b, %y : tensor<12x5xf32>, tensor<1x5xf32>) -> tensor<12x5xf32> {
  ^bb0(%p: f32, %q: f32):
    %n = arith.subf %p, %q : f32
    engine.yield %n : f32
  }
  func.return %c : tensor<12x5xf32>
}

// CHECK-LABEL: func.func @near_miss_repeated
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0, 2>} : tensor<3x4x5xf32> -> tensor<4x3x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<4x3x5xf32> -> tensor<12x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<12x5xf32>, tensor<1x5xf32>) -> tensor<12x5xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<12x5xf32>
// CHECK-NEXT:    }
