// RUN: opt-tool %s --split-input-file -p 'optimize{only=softmax-of-logarithms exactness=rounding}' --check-numerics | filecheck %s

func.func @softmax(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %s = engine.softmax %x {nodes = ["/s"], axis = 2 : i64, log} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.softmax %s {nodes = ["/y"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @softmax
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/s", "/y"], rewrites = ["softmax-of-logarithms"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @twice(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %s = engine.softmax %x {nodes = ["/s"], axis = 2 : i64, log} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.softmax %s {nodes = ["/y"], axis = 2 : i64, log} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @twice
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/s", "/y"], rewrites = ["softmax-of-logarithms"], axis = 2 : i64, log} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_axes(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %s = engine.softmax %x {nodes = ["/s"], axis = 1 : i64, log} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.softmax %s {nodes = ["/y"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_axes
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/s"], axis = 1 : i64, log} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/y"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_probabilities(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %s = engine.softmax %x {nodes = ["/s"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.softmax %s {nodes = ["/y"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  func.return %y : tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_probabilities
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/s"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.softmax %{{.*}} {nodes = ["/y"], axis = 2 : i64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x8xf32>
// CHECK-NEXT:   }
