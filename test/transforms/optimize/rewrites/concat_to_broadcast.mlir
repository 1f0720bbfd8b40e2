// RUN: opt-tool %s --split-input-file -p 'optimize{only=concat-to-broadcast exactness=bitwise}' --check-numerics | filecheck %s

func.func @thrice(%x: tensor<2x1x3xf32>) -> tensor<2x3x3xf32> {
  %a = engine.concat %x, %x, %x {axis = 1 : i64} : tensor<2x1x3xf32>, tensor<2x1x3xf32>, tensor<2x1x3xf32> -> tensor<2x3x3xf32>
  func.return %a : tensor<2x3x3xf32>
}

// CHECK-LABEL: func.func @thrice
// CHECK-NEXT:      %{{.*}} = engine.broadcast %{{.*}} {rewrites = ["concat-to-broadcast"]} : tensor<2x1x3xf32> -> tensor<2x3x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x3xf32>
// CHECK-NEXT:    }

// -----

func.func @open(%x: tensor<?x1xf32, #engine.sizes<"S">>) -> tensor<?x2xf32, #engine.sizes<"S">> attributes {sizes = #engine.names<S in 0>} {
  %a = engine.concat %x, %x {axis = 1 : i64} : tensor<?x1xf32, #engine.sizes<"S">>, tensor<?x1xf32, #engine.sizes<"S">> -> tensor<?x2xf32, #engine.sizes<"S">>
  func.return %a : tensor<?x2xf32, #engine.sizes<"S">>
}

// CHECK-LABEL: func.func @open
// CHECK-NEXT:      %{{.*}} = engine.broadcast %{{.*}} {rewrites = ["concat-to-broadcast"]} : tensor<?x1xf32, #engine.sizes<"S">> -> tensor<?x2xf32, #engine.sizes<"S">>
// CHECK-NEXT:      func.return %{{.*}} : tensor<?x2xf32, #engine.sizes<"S">>
// CHECK-NEXT:    }

// -----

// Rows come in turns, not each twice.
func.func @near_miss_rows(%x: tensor<2x3xf32>) -> tensor<4x3xf32> {
  %a = engine.concat %x, %x {axis = 0 : i64} : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<4x3xf32>
  func.return %a : tensor<4x3xf32>
}

// CHECK-LABEL: func.func @near_miss_rows
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<4x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_another(%x: tensor<1x3xf32>, %y: tensor<1x3xf32>) -> tensor<2x3xf32> {
  %a = engine.concat %x, %y {axis = 0 : i64} : tensor<1x3xf32>, tensor<1x3xf32> -> tensor<2x3xf32>
  func.return %a : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_another
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<1x3xf32>, tensor<1x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_alone(%x: tensor<1x3xf32>) -> tensor<1x3xf32> {
  %a = engine.concat %x {axis = 0 : i64} : tensor<1x3xf32> -> tensor<1x3xf32>
  func.return %a : tensor<1x3xf32>
}

// CHECK-LABEL: func.func @near_miss_alone
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}} {axis = 0 : i64} : tensor<1x3xf32> -> tensor<1x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3xf32>
// CHECK-NEXT:    }
