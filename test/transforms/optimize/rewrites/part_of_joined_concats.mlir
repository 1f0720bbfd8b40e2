// RUN: opt-tool %s --split-input-file -p 'optimize{only=part-of-joined-concats exactness=bitwise}' --check-numerics | filecheck %s

// Heads of a detector: boxes and classes of two scales, joined and taken apart.
func.func @heads(%a: tensor<1x2x3x4xf32>, %b: tensor<1x5x3x4xf32>, %c: tensor<1x2x1x2xf32>, %d: tensor<1x5x1x2xf32>) -> (tensor<1x2x14xf32>, tensor<1x5x14xf32>) {
  %0 = engine.concat %a, %b {axis = 1 : i64} : tensor<1x2x3x4xf32>, tensor<1x5x3x4xf32> -> tensor<1x7x3x4xf32>
  %1 = engine.reshape %0 : tensor<1x7x3x4xf32> -> tensor<1x7x12xf32>
  %2 = engine.concat %c, %d {axis = 1 : i64} : tensor<1x2x1x2xf32>, tensor<1x5x1x2xf32> -> tensor<1x7x1x2xf32>
  %3 = engine.reshape %2 : tensor<1x7x1x2xf32> -> tensor<1x7x2xf32>
  %4 = engine.concat %1, %3 {axis = 2 : i64} : tensor<1x7x12xf32>, tensor<1x7x2xf32> -> tensor<1x7x14xf32>
  %5 = engine.slice %4 {starts = array<i64: 0, 0, 0>, sizes = array<i64: 1, 2, 14>, steps = array<i64: 1, 1, 1>} : tensor<1x7x14xf32> -> tensor<1x2x14xf32>
  %6 = engine.slice %4 {starts = array<i64: 0, 2, 0>, sizes = array<i64: 1, 5, 14>, steps = array<i64: 1, 1, 1>} : tensor<1x7x14xf32> -> tensor<1x5x14xf32>
  func.return %5, %6 : tensor<1x2x14xf32>, tensor<1x5x14xf32>
}

// CHECK-LABEL: func.func @heads
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["part-of-joined-concats"]} : tensor<1x2x3x4xf32> -> tensor<1x2x12xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["part-of-joined-concats"]} : tensor<1x2x1x2xf32> -> tensor<1x2x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {rewrites = ["part-of-joined-concats"], axis = 2 : i64} : tensor<1x2x12xf32>, tensor<1x2x2xf32> -> tensor<1x2x14xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["part-of-joined-concats"]} : tensor<1x5x3x4xf32> -> tensor<1x5x12xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {rewrites = ["part-of-joined-concats"]} : tensor<1x5x1x2xf32> -> tensor<1x5x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {rewrites = ["part-of-joined-concats"], axis = 2 : i64} : tensor<1x5x12xf32>, tensor<1x5x2xf32> -> tensor<1x5x14xf32>
// CHECK-NEXT:      func.return

// -----

func.func @without_views(%a: tensor<?x2x3xf32, #engine.sizes<"N">>, %b: tensor<?x1x3xf32, #engine.sizes<"N">>, %c: tensor<?x2x4xf32, #engine.sizes<"N">>, %d: tensor<?x1x4xf32, #engine.sizes<"N">>) -> tensor<?x1x7xf32, #engine.sizes<"N">> attributes {sizes = #engine.names<N in 1>} {
  %0 = engine.concat %a, %b {axis = 1 : i64} : tensor<?x2x3xf32, #engine.sizes<"N">>, tensor<?x1x3xf32, #engine.sizes<"N">> -> tensor<?x3x3xf32, #engine.sizes<"N">>
  %1 = engine.concat %c, %d {axis = 1 : i64} : tensor<?x2x4xf32, #engine.sizes<"N">>, tensor<?x1x4xf32, #engine.sizes<"N">> -> tensor<?x3x4xf32, #engine.sizes<"N">>
  %2 = engine.concat %0, %1 {axis = 2 : i64} : tensor<?x3x3xf32, #engine.sizes<"N">>, tensor<?x3x4xf32, #engine.sizes<"N">> -> tensor<?x3x7xf32, #engine.sizes<"N">>
  %3 = engine.slice %2 {starts = array<i64: 0, 2, 0>, sizes = #engine.extents<["N", 1, 7]>, steps = array<i64: 1, 1, 1>} : tensor<?x3x7xf32, #engine.sizes<"N">> -> tensor<?x1x7xf32, #engine.sizes<"N">>
  func.return %3 : tensor<?x1x7xf32, #engine.sizes<"N">>
}

// CHECK-LABEL: func.func @without_views
// CHECK-NEXT:      %{{.*}} = engine.concat %{{.*}}, %{{.*}} {rewrites = ["part-of-joined-concats"], axis = 2 : i64} : tensor<?x1x3xf32, #engine.sizes<"N">>, tensor<?x1x4xf32, #engine.sizes<"N">> -> tensor<?x1x7xf32, #engine.sizes<"N">>
// CHECK-NEXT:      func.return

// -----

// The whole is read as well.
func.func @near_miss_read(%a: tensor<1x2x3xf32>, %b: tensor<1x1x3xf32>, %c: tensor<1x2x4xf32>, %d: tensor<1x1x4xf32>) -> (tensor<1x1x7xf32>, tensor<1x3x7xf32>) {
  %0 = engine.concat %a, %b {axis = 1 : i64} : tensor<1x2x3xf32>, tensor<1x1x3xf32> -> tensor<1x3x3xf32>
  %1 = engine.concat %c, %d {axis = 1 : i64} : tensor<1x2x4xf32>, tensor<1x1x4xf32> -> tensor<1x3x4xf32>
  %2 = engine.concat %0, %1 {axis = 2 : i64} : tensor<1x3x3xf32>, tensor<1x3x4xf32> -> tensor<1x3x7xf32>
  %3 = engine.slice %2 {starts = array<i64: 0, 2, 0>, sizes = array<i64: 1, 1, 7>, steps = array<i64: 1, 1, 1>} : tensor<1x3x7xf32> -> tensor<1x1x7xf32>
  func.return %3, %2 : tensor<1x1x7xf32>, tensor<1x3x7xf32>
}

// CHECK-LABEL: func.func @near_miss_read
// CHECK-NOT:       rewrites
// CHECK:           func.return

// -----

// What is joined first is read as well.
func.func @near_miss_inner(%a: tensor<1x2x3xf32>, %b: tensor<1x1x3xf32>, %c: tensor<1x2x4xf32>, %d: tensor<1x1x4xf32>) -> (tensor<1x1x7xf32>, tensor<1x3x4xf32>) {
  %0 = engine.concat %a, %b {axis = 1 : i64} : tensor<1x2x3xf32>, tensor<1x1x3xf32> -> tensor<1x3x3xf32>
  %1 = engine.concat %c, %d {axis = 1 : i64} : tensor<1x2x4xf32>, tensor<1x1x4xf32> -> tensor<1x3x4xf32>
  %2 = engine.concat %0, %1 {axis = 2 : i64} : tensor<1x3x3xf32>, tensor<1x3x4xf32> -> tensor<1x3x7xf32>
  %3 = engine.slice %2 {starts = array<i64: 0, 2, 0>, sizes = array<i64: 1, 1, 7>, steps = array<i64: 1, 1, 1>} : tensor<1x3x7xf32> -> tensor<1x1x7xf32>
  func.return %3, %1 : tensor<1x1x7xf32>, tensor<1x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_inner
// CHECK-NOT:       rewrites
// CHECK:           func.return

// -----

// They are cut in other places.
func.func @near_miss_cuts(%a: tensor<1x2x3xf32>, %b: tensor<1x1x3xf32>, %c: tensor<1x2x4xf32>, %d: tensor<1x1x4xf32>) -> (tensor<1x1x7xf32>) {
  %0 = engine.concat %a, %b {axis = 1 : i64} : tensor<1x2x3xf32>, tensor<1x1x3xf32> -> tensor<1x3x3xf32>
  %1 = engine.concat %d, %c {axis = 1 : i64} : tensor<1x1x4xf32>, tensor<1x2x4xf32> -> tensor<1x3x4xf32>
  %2 = engine.concat %0, %1 {axis = 2 : i64} : tensor<1x3x3xf32>, tensor<1x3x4xf32> -> tensor<1x3x7xf32>
  %3 = engine.slice %2 {starts = array<i64: 0, 2, 0>, sizes = array<i64: 1, 1, 7>, steps = array<i64: 1, 1, 1>} : tensor<1x3x7xf32> -> tensor<1x1x7xf32>
  func.return %3 : tensor<1x1x7xf32>
}

// CHECK-LABEL: func.func @near_miss_cuts
// CHECK-NOT:       rewrites
// CHECK:           func.return

// -----

// The slice takes of both parts.
func.func @near_miss_across(%a: tensor<1x2x3xf32>, %b: tensor<1x1x3xf32>, %c: tensor<1x2x4xf32>, %d: tensor<1x1x4xf32>) -> (tensor<1x2x7xf32>) {
  %0 = engine.concat %a, %b {axis = 1 : i64} : tensor<1x2x3xf32>, tensor<1x1x3xf32> -> tensor<1x3x3xf32>
  %1 = engine.concat %c, %d {axis = 1 : i64} : tensor<1x2x4xf32>, tensor<1x1x4xf32> -> tensor<1x3x4xf32>
  %2 = engine.concat %0, %1 {axis = 2 : i64} : tensor<1x3x3xf32>, tensor<1x3x4xf32> -> tensor<1x3x7xf32>
  %3 = engine.slice %2 {starts = array<i64: 0, 1, 0>, sizes = array<i64: 1, 2, 7>, steps = array<i64: 1, 1, 1>} : tensor<1x3x7xf32> -> tensor<1x2x7xf32>
  func.return %3 : tensor<1x2x7xf32>
}

// CHECK-LABEL: func.func @near_miss_across
// CHECK-NOT:       rewrites
// CHECK:           func.return

// -----

// The slice leaves columns out.
func.func @near_miss_columns(%a: tensor<1x2x3xf32>, %b: tensor<1x1x3xf32>, %c: tensor<1x2x4xf32>, %d: tensor<1x1x4xf32>) -> (tensor<1x1x6xf32>) {
  %0 = engine.concat %a, %b {axis = 1 : i64} : tensor<1x2x3xf32>, tensor<1x1x3xf32> -> tensor<1x3x3xf32>
  %1 = engine.concat %c, %d {axis = 1 : i64} : tensor<1x2x4xf32>, tensor<1x1x4xf32> -> tensor<1x3x4xf32>
  %2 = engine.concat %0, %1 {axis = 2 : i64} : tensor<1x3x3xf32>, tensor<1x3x4xf32> -> tensor<1x3x7xf32>
  %3 = engine.slice %2 {starts = array<i64: 0, 2, 1>, sizes = array<i64: 1, 1, 6>, steps = array<i64: 1, 1, 1>} : tensor<1x3x7xf32> -> tensor<1x1x6xf32>
  func.return %3 : tensor<1x1x6xf32>
}

// CHECK-LABEL: func.func @near_miss_columns
// CHECK-NOT:       rewrites
// CHECK:           func.return

// -----

// The view takes the parts into one dimension.
func.func @near_miss_view(%a: tensor<1x2x3xf32>, %b: tensor<1x1x3xf32>, %c: tensor<1x2x3xf32>, %d: tensor<1x1x3xf32>) -> tensor<1x3x2xf32> {
  %0 = engine.concat %a, %b {axis = 1 : i64} : tensor<1x2x3xf32>, tensor<1x1x3xf32> -> tensor<1x3x3xf32>
  %1 = engine.reshape %0 : tensor<1x3x3xf32> -> tensor<1x9x1xf32>
  %2 = engine.concat %c, %d {axis = 1 : i64} : tensor<1x2x3xf32>, tensor<1x1x3xf32> -> tensor<1x3x3xf32>
  %3 = engine.reshape %2 : tensor<1x3x3xf32> -> tensor<1x9x1xf32>
  %4 = engine.concat %1, %3 {axis = 2 : i64} : tensor<1x9x1xf32>, tensor<1x9x1xf32> -> tensor<1x9x2xf32>
  %5 = engine.slice %4 {starts = array<i64: 0, 6, 0>, sizes = array<i64: 1, 3, 2>, steps = array<i64: 1, 1, 1>} : tensor<1x9x2xf32> -> tensor<1x3x2xf32>
  func.return %5 : tensor<1x3x2xf32>
}

// CHECK-LABEL: func.func @near_miss_view
// CHECK-NOT:       rewrites
// CHECK:           func.return
