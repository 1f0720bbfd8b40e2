// RUN: opt-tool %s --split-input-file -p 'optimize{only=absorb-zero-point exactness=bitwise}' --check-numerics | filecheck %s

// Sums of integers that are codes less their zero points: codes are multiplied.

func.func @known(%x: tensor<2x4xui8>) -> tensor<2x3xi32> {
  %w = engine.constant dense<[[1, -128, 127], [2, 3, 4], [-5, 6, 7], [8, 9, -10]]> : tensor<4x3xi8> -> tensor<4x3xi8>
  %d = engine.map ins(%x : tensor<2x4xui8>) -> tensor<2x4xi32> {
  ^bb0(%ad: i8):
    %v0d = arith.extui %ad : i8 to i32
    %zd = arith.constant 7 : i32
    %v1d = arith.subi %v0d, %zd : i32
    engine.yield %v1d : i32
  }
  %v = engine.map ins(%w : tensor<4x3xi8>) -> tensor<4x3xi32> {
  ^bb0(%av: i8):
    %v0v = arith.extsi %av : i8 to i32
    engine.yield %v0v : i32
  }
  %y = engine.matmul %d, %v {nodes = ["/mm"]} : tensor<2x4xi32>, tensor<4x3xi32> -> tensor<2x3xi32>
  func.return %y : tensor<2x3xi32>
}

// CHECK-LABEL: func.func @known
// CHECK: engine.matmul %x, %w epilogue(%{{.*}} : tensor<3xi32>) {nodes = ["/mm"], rewrites = ["absorb-zero-point"], accumulator = i32}
// CHECK: arith.subi

// -----

// Weights whose zero point does not fit into their codes: the sums of rows are a product with ones.
func.func @sums_of_rows(%x: tensor<2x4xui8>) -> tensor<2x3xi32> {
  %w = engine.constant dense<[[1, 200, 127], [2, 3, 4], [255, 6, 7], [8, 9, 10]]> : tensor<4x3xui8> -> tensor<4x3xui8>
  %d = engine.map ins(%x : tensor<2x4xui8>) -> tensor<2x4xi32> {
  ^bb0(%ad: i8):
    %v0d = arith.extui %ad : i8 to i32
    %zd = arith.constant 7 : i32
    %v1d = arith.subi %v0d, %zd : i32
    engine.yield %v1d : i32
  }
  %v = engine.map ins(%w : tensor<4x3xui8>) -> tensor<4x3xi32> {
  ^bb0(%av: i8):
    %v0v = arith.extui %av : i8 to i32
    %zv = arith.constant 120 : i32
    %v1v = arith.subi %v0v, %zv : i32
    engine.yield %v1v : i32
  }
  %y = engine.matmul %d, %v : tensor<2x4xi32>, tensor<4x3xi32> -> tensor<2x3xi32>
  func.return %y : tensor<2x3xi32>
}

// CHECK-LABEL: func.func @sums_of_rows
// CHECK: engine.matmul %x, %{{.*}} {rewrites = ["absorb-zero-point"], accumulator = i32} : tensor<2x4xui8>, tensor<4x1xi8> -> tensor<2x1xi32>
// CHECK: engine.matmul %x, %w epilogue({{.*}}tensor<2x1xi32>

// -----

// Weights that have room for it lose their zero point.
func.func @shifted(%x: tensor<2x4xi8>) -> tensor<2x3xi32> {
  %w = engine.constant dense<[[1, 200, 127], [2, 3, 4], [255, 6, 7], [8, 9, 10]]> : tensor<4x3xui8> -> tensor<4x3xui8>
  %d = engine.map ins(%x : tensor<2x4xi8>) -> tensor<2x4xi32> {
  ^bb0(%ad: i8):
    %v0d = arith.extsi %ad : i8 to i32
    engine.yield %v0d : i32
  }
  %v = engine.map ins(%w : tensor<4x3xui8>) -> tensor<4x3xi32> {
  ^bb0(%av: i8):
    %v0v = arith.extui %av : i8 to i32
    %zv = arith.constant 128 : i32
    %v1v = arith.subi %v0v, %zv : i32
    engine.yield %v1v : i32
  }
  %y = engine.matmul %d, %v : tensor<2x4xi32>, tensor<4x3xi32> -> tensor<2x3xi32>
  func.return %y : tensor<2x3xi32>
}

// CHECK-LABEL: func.func @shifted
// CHECK: engine.matmul %x, %{{.*}} {rewrites = ["absorb-zero-point"], accumulator = i32} : tensor<2x4xi8>, tensor<4x3xi8>

// -----

// A zero point that is computed: its product with the sums of columns.
func.func @computed(%x: tensor<2x4xui8>, %z: tensor<ui8>) -> tensor<2x3xi32> {
  %w = engine.constant dense<[[1, -128, 127], [2, 3, 4], [-5, 6, 7], [8, 9, -10]]> : tensor<4x3xi8> -> tensor<4x3xi8>
  %d = engine.map ins(%x, %z : tensor<2x4xui8>, tensor<ui8>) -> tensor<2x4xi32> {
  ^bb0(%a: i8, %b: i8):
    %0 = arith.extui %a : i8 to i32
    %1 = arith.extui %b : i8 to i32
    %2 = arith.subi %0, %1 : i32
    engine.yield %2 : i32
  }
  %v = engine.map ins(%w : tensor<4x3xi8>) -> tensor<4x3xi32> {
  ^bb0(%av: i8):
    %v0v = arith.extsi %av : i8 to i32
    engine.yield %v0v : i32
  }
  %y = engine.matmul %d, %v : tensor<2x4xi32>, tensor<4x3xi32> -> tensor<2x3xi32>
  func.return %y : tensor<2x3xi32>
}

// CHECK-LABEL: func.func @computed
// CHECK: engine.matmul %x, %w epilogue(%z, %{{.*}} : tensor<ui8>, tensor<3xi32>)
// CHECK: arith.muli

// -----

// Both sides are computed: the sums of columns are a product with ones as well.
func.func @two_computed(%x: tensor<2x4xui8>, %w: tensor<4x3xui8>, %z: tensor<ui8>) -> tensor<2x3xi32> {
  %d = engine.map ins(%x : tensor<2x4xui8>) -> tensor<2x4xi32> {
  ^bb0(%ad: i8):
    %v0d = arith.extui %ad : i8 to i32
    %zd = arith.constant 7 : i32
    %v1d = arith.subi %v0d, %zd : i32
    engine.yield %v1d : i32
  }
  %v = engine.map ins(%w, %z : tensor<4x3xui8>, tensor<ui8>) -> tensor<4x3xi32> {
  ^bb0(%av: i8, %zv: i8):
    %v0v = arith.extui %av : i8 to i32
    %v1v = arith.extui %zv : i8 to i32
    %v2v = arith.subi %v0v, %v1v : i32
    engine.yield %v2v : i32
  }
  %y = engine.matmul %d, %v : tensor<2x4xi32>, tensor<4x3xi32> -> tensor<2x3xi32>
  func.return %y : tensor<2x3xi32>
}

// CHECK-LABEL: func.func @two_computed
// CHECK: %[[C:.*]] = engine.matmul %{{.*}}, %w {rewrites = ["absorb-zero-point"], accumulator = i32} : tensor<1x4xui8>, tensor<4x3xui8> -> tensor<1x3xi32>
// CHECK: %[[R:.*]] = engine.matmul %x, %{{.*}} {rewrites = ["absorb-zero-point"], accumulator = i32} : tensor<2x4xui8>, tensor<4x1xi8> -> tensor<2x1xi32>
// CHECK: engine.matmul %x, %w epilogue(%z, %[[C]], %[[R]] :

// -----

// Batches of computed matrices, the right one transposed, without zero points.
func.func @batches(%x: tensor<2x5x4xi8>, %w: tensor<2x3x4xi8>) -> tensor<2x5x3xi32> {
  %d = engine.map ins(%x : tensor<2x5x4xi8>) -> tensor<2x5x4xi32> {
  ^bb0(%ad: i8):
    %v0d = arith.extsi %ad : i8 to i32
    engine.yield %v0d : i32
  }
  %v = engine.map ins(%w : tensor<2x3x4xi8>) -> tensor<2x3x4xi32> {
  ^bb0(%av: i8):
    %v0v = arith.extsi %av : i8 to i32
    engine.yield %v0v : i32
  }
  %y = engine.matmul %d, %v {trans_rhs} : tensor<2x5x4xi32>, tensor<2x3x4xi32> -> tensor<2x5x3xi32>
  func.return %y : tensor<2x5x3xi32>
}

// CHECK-LABEL: func.func @batches
// CHECK: engine.matmul %x, %w {rewrites = ["absorb-zero-point"], trans_rhs, accumulator = i32} : tensor<2x5x4xi8>, tensor<2x3x4xi8>

// -----

// A computed right side with a zero point for each column.
func.func @near_miss_zeros_of_columns(%x: tensor<2x4xui8>, %w: tensor<4x3xui8>) -> tensor<2x3xi32> {
  %z = engine.constant dense<[1, 2, 3]> : tensor<3xui8> -> tensor<3xui8>
  %d = engine.map ins(%x : tensor<2x4xui8>) -> tensor<2x4xi32> {
  ^bb0(%ad: i8):
    %v0d = arith.extui %ad : i8 to i32
    engine.yield %v0d : i32
  }
  %v = engine.map ins(%w, %z : tensor<4x3xui8>, tensor<3xui8>) -> tensor<4x3xi32> {
  ^bb0(%av: i8, %zv: i8):
    %v0v = arith.extui %av : i8 to i32
    %v1v = arith.extui %zv : i8 to i32
    %v2v = arith.subi %v0v, %v1v : i32
    engine.yield %v2v : i32
  }
  %y = engine.matmul %d, %v : tensor<2x4xi32>, tensor<4x3xi32> -> tensor<2x3xi32>
  func.return %y : tensor<2x3xi32>
}

// CHECK-LABEL: func.func @near_miss_zeros_of_columns
// CHECK: engine.matmul %{{.*}} : tensor<2x4xi32>, tensor<4x3xi32>
