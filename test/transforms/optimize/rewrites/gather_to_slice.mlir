// RUN: opt-tool %s --split-input-file -p 'optimize{only=gather-to-slice exactness=bitwise}' --check-numerics | filecheck %s

// A gather at constant indices in equal steps is a slice.

// One index, counted from the end.
func.func @scalar(%x: tensor<2x5x3xf32>) -> tensor<2x3xf32> {
  %i = engine.constant dense<-1> : tensor<i64> -> tensor<i64>
  %r = engine.gather %x, %i {nodes = ["/gather"], axis = 1 : i64} : tensor<2x5x3xf32>, tensor<i64> -> tensor<2x3xf32>
  func.return %r : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @scalar
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {nodes = ["/gather"], rewrites = ["gather-to-slice"], starts = array<i64: 0, 4, 0>, sizes = array<i64: 2, 1, 3>, steps = array<i64: 1, 1, 1>} : tensor<2x5x3xf32> -> tensor<2x1x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {nodes = ["/gather"], rewrites = ["gather-to-slice"]} : tensor<2x1x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3xf32>
// CHECK-NEXT:    }

// -----

func.func @steps(%x: tensor<2x5x3xf32>) -> tensor<2x3x3xf32> {
  %i = engine.constant dense<[4, 2, 0]> : tensor<3xi64> -> tensor<3xi64>
  %r = engine.gather %x, %i {nodes = ["/gather"], axis = 1 : i64} : tensor<2x5x3xf32>, tensor<3xi64> -> tensor<2x3x3xf32>
  func.return %r : tensor<2x3x3xf32>
}

// CHECK-LABEL: func.func @steps
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {nodes = ["/gather"], rewrites = ["gather-to-slice"], starts = array<i64: 0, 4, 0>, sizes = array<i64: 2, 3, 3>, steps = array<i64: 1, -2, 1>} : tensor<2x5x3xf32> -> tensor<2x3x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {nodes = ["/gather"], rewrites = ["gather-to-slice"]} : tensor<2x3x3xf32> -> tensor<2x3x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_uneven(%x: tensor<2x5x3xf32>) -> tensor<2x3x3xf32> {
  %i = engine.constant dense<[4, 2, 1]> : tensor<3xi64> -> tensor<3xi64>
  %r = engine.gather %x, %i {nodes = ["/gather"], axis = 1 : i64} : tensor<2x5x3xf32>, tensor<3xi64> -> tensor<2x3x3xf32>
  func.return %r : tensor<2x3x3xf32>
}

// CHECK-LABEL: func.func @near_miss_uneven
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[4, 2, 1]> : tensor<3xi64> -> tensor<3xi64>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {nodes = ["/gather"], axis = 1 : i64} : tensor<2x5x3xf32>, tensor<3xi64> -> tensor<2x3x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_repeated(%x: tensor<2x5x3xf32>) -> tensor<2x3x3xf32> {
  %i = engine.constant dense<[2, 2, 2]> : tensor<3xi64> -> tensor<3xi64>
  %r = engine.gather %x, %i {nodes = ["/gather"], axis = 1 : i64} : tensor<2x5x3xf32>, tensor<3xi64> -> tensor<2x3x3xf32>
  func.return %r : tensor<2x3x3xf32>
}

// CHECK-LABEL: func.func @near_miss_repeated
// CHECK-NEXT:      %{{.*}} = engine.constant dense<2> : tensor<3xi64> -> tensor<3xi64>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {nodes = ["/gather"], axis = 1 : i64} : tensor<2x5x3xf32>, tensor<3xi64> -> tensor<2x3x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x3xf32>
// CHECK-NEXT:    }

// -----

// An error at run time stays one.
func.func @near_miss_outside(%x: tensor<2x5x3xf32>) -> tensor<2x2x3xf32> {
  %i = engine.constant dense<[4, 5]> : tensor<2xi64> -> tensor<2xi64>
  %r = engine.gather %x, %i {nodes = ["/gather"], axis = 1 : i64} : tensor<2x5x3xf32>, tensor<2xi64> -> tensor<2x2x3xf32>
  func.return %r : tensor<2x2x3xf32>
}

// CHECK-LABEL: func.func @near_miss_outside
// CHECK-NEXT:      %{{.*}} = engine.constant dense<[4, 5]> : tensor<2xi64> -> tensor<2xi64>
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {nodes = ["/gather"], axis = 1 : i64} : tensor<2x5x3xf32>, tensor<2xi64> -> tensor<2x2x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x2x3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_computed(%x: tensor<2x5x3xf32>, %i: tensor<3xi64>) -> tensor<2x3x3xf32> {
  %r = engine.gather %x, %i {axis = 1 : i64} : tensor<2x5x3xf32>, tensor<3xi64> -> tensor<2x3x3xf32>
  func.return %r : tensor<2x3x3xf32>
}

// CHECK-LABEL: func.func @near_miss_computed
// CHECK-NEXT:      %{{.*}} = engine.gather %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<2x5x3xf32>, tensor<3xi64> -> tensor<2x3x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x3xf32>
// CHECK-NEXT:    }
