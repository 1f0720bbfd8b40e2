// RUN: opt-tool %s --split-input-file -p 'optimize{only=concat-of-shorter-concat exactness=bitwise}' --check-numerics | filecheck %s

// A concat that begins as another one does is a concat of that one.
//
//     concat(a, b, c) => concat(concat(a, b), c) if concat(a, b) is there, before it and read.

func.func @dense(%a: tensor<2x3xf32>, %b: tensor<2x1xf32>, %c: tensor<2x2xf32>, %d: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x6xf32>, tensor<2x10xf32>) {
  %0 = engine.concat %a, %b {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x4xf32>
  %1 = engine.concat %a, %b, %c {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x1xf32>, tensor<2x2xf32> -> tensor<2x6xf32>
  %2 = engine.concat %a, %b, %c, %d {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x1xf32>, tensor<2x2xf32>, tensor<2x4xf32> -> tensor<2x10xf32>
  func.return %0, %1, %2 : tensor<2x4xf32>, tensor<2x6xf32>, tensor<2x10xf32>
}

// CHECK-LABEL: func.func @dense
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {rewrites = ["concat-of-shorter-concat"], axis = 1 : i64} : tensor<2x4xf32>, tensor<2x2xf32> -> tensor<2x6xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {rewrites = ["concat-of-shorter-concat"], axis = 1 : i64} : tensor<2x6xf32>, tensor<2x4xf32> -> tensor<2x10xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x4xf32>, tensor<2x6xf32>, tensor<2x10xf32>
// CHECK-NEXT:    }

// -----

// The longest beginning is taken.
func.func @longest(%a: tensor<2x3xf32>, %b: tensor<2x1xf32>, %c: tensor<2x2xf32>) -> (tensor<2x4xf32>, tensor<2x6xf32>, tensor<2x9xf32>) {
  %0 = engine.concat %a, %b {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x4xf32>
  %1 = engine.concat %b, %b, %a, %b {axis = 1 : i64} : tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x6xf32>
  %2 = engine.concat %b, %b, %a, %b, %a {axis = 1 : i64} : tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x3xf32>, tensor<2x1xf32>, tensor<2x3xf32> -> tensor<2x9xf32>
  func.return %0, %1, %2 : tensor<2x4xf32>, tensor<2x6xf32>, tensor<2x9xf32>
}

// CHECK-LABEL: func.func @longest
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x6xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {rewrites = ["concat-of-shorter-concat"], axis = 1 : i64} : tensor<2x6xf32>, tensor<2x3xf32> -> tensor<2x9xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x4xf32>, tensor<2x6xf32>, tensor<2x9xf32>
// CHECK-NEXT:    }

// -----

// The shorter one comes later.
func.func @near_miss_later(%a: tensor<2x3xf32>, %b: tensor<2x1xf32>, %c: tensor<2x2xf32>) -> (tensor<2x4xf32>, tensor<2x6xf32>) {
  %1 = engine.concat %a, %b, %c {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x1xf32>, tensor<2x2xf32> -> tensor<2x6xf32>
  %0 = engine.concat %a, %b {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x4xf32>
  func.return %0, %1 : tensor<2x4xf32>, tensor<2x6xf32>
}

// CHECK-LABEL: func.func @near_miss_later
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x1xf32>, tensor<2x2xf32> -> tensor<2x6xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x4xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<2x4xf32>, tensor<2x6xf32>
// CHECK-NEXT:    }

// -----

// It is along another axis.
func.func @near_miss_axis(%a: tensor<2x2xf32>, %b: tensor<2x2xf32>) -> (tensor<4x2xf32>, tensor<2x6xf32>) {
  %0 = engine.concat %a, %b {axis = 0 : i64} : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<4x2xf32>
  %1 = engine.concat %a, %b, %a {axis = 1 : i64} : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x6xf32>
  func.return %0, %1 : tensor<4x2xf32>, tensor<2x6xf32>
}

// CHECK-LABEL: func.func @near_miss_axis
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<4x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x6xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<4x2xf32>, tensor<2x6xf32>
// CHECK-NEXT:    }

// -----

// Another operand follows; the same elements stand at the end only.
func.func @near_miss_operands(%a: tensor<2x3xf32>, %b: tensor<2x1xf32>, %c: tensor<2x2xf32>) -> (tensor<2x4xf32>, tensor<2x6xf32>) {
  %0 = engine.concat %a, %b {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x4xf32>
  %1 = engine.concat %c, %a, %b {axis = 1 : i64} : tensor<2x2xf32>, tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x6xf32>
  func.return %0, %1 : tensor<2x4xf32>, tensor<2x6xf32>
}

// CHECK-LABEL: func.func @near_miss_operands
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<2x2xf32>, tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x6xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<2x4xf32>, tensor<2x6xf32>
// CHECK-NEXT:    }
