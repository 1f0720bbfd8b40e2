// RUN: opt-tool %s -p 'prepare-codes{target=x86-64-v4-vnni}' --check-numerics | filecheck %s
// RUN: opt-tool %s -p 'prepare-codes{target=neoverse-n1}' --check-numerics | filecheck %s --check-prefix=ARM
// RUN: opt-tool %s -p 'prepare-codes{target=x86-64-v3}' --check-numerics | filecheck %s --check-prefix=ANY

// A target's dot product takes certain signs; codes of others are moved by 128, and so is the sum.

// Nothing to do: unsigned times signed.
// CHECK-LABEL: func.func @as_it_is
// CHECK-NOT: xori
// CHECK: engine.matmul %x, %w {accumulator = i32} : tensor<2x8xui8>, tensor<8x3xi8> -> tensor<2x3xi32>
func.func @as_it_is(%x: tensor<2x8xui8>) -> tensor<2x3xi32> {
  %w = engine.constant dense<[[1, -128, 127], [2, 3, 4], [5, 6, 7], [8, 9, -10], [1, 2, 3], [-4, -5, -6], [7, 8, 9], [0, 1, 2]]> : tensor<8x3xi8> -> tensor<8x3xi8>
  %y = engine.matmul %x, %w {accumulator = i32} : tensor<2x8xui8>, tensor<8x3xi8> -> tensor<2x3xi32>
  func.return %y : tensor<2x3xi32>
}

// The left side is flipped; the sums of the columns of a constant are known.
// CHECK-LABEL: func.func @signed_left
// CHECK: arith.xori
// CHECK: engine.matmul %{{.*}}, %w epilogue(%{{.*}} : tensor<1x3xi32>) {accumulator = i32} : tensor<2x8xui8>, tensor<8x3xi8>
// ARM-LABEL: func.func @signed_left
// ARM-NOT: xori
// ARM: func.return
// ANY-LABEL: func.func @signed_left
// ANY-NOT: xori
// ANY: func.return
func.func @signed_left(%x: tensor<2x8xi8>) -> tensor<2x3xi32> {
  %w = engine.constant dense<[[1, -128, 127], [2, 3, 4], [5, 6, 7], [8, 9, -10], [1, 2, 3], [-4, -5, -6], [7, 8, 9], [0, 1, 2]]> : tensor<8x3xi8> -> tensor<8x3xi8>
  %y = engine.matmul %x, %w {accumulator = i32} : tensor<2x8xi8>, tensor<8x3xi8> -> tensor<2x3xi32>
  func.return %y : tensor<2x3xi32>
}

// The sums of rows are a product with ones.
// CHECK-LABEL: func.func @unsigned_right
// CHECK: engine.matmul %x, %{{.*}} {accumulator = i32} : tensor<2x8xui8>, tensor<8x1xi8> -> tensor<2x1xi32>
// CHECK: epilogue(%{{.*}} : tensor<2x1xi32>)
func.func @unsigned_right(%x: tensor<2x8xui8>) -> tensor<2x3xi32> {
  %w = engine.constant dense<[[1, 128, 127], [2, 3, 4], [5, 6, 7], [8, 9, 250], [1, 2, 3], [4, 5, 6], [7, 8, 9], [0, 1, 2]]> : tensor<8x3xui8> -> tensor<8x3xui8>
  %y = engine.matmul %x, %w {accumulator = i32} : tensor<2x8xui8>, tensor<8x3xui8> -> tensor<2x3xi32>
  func.return %y : tensor<2x3xi32>
}

// Both sides are computed, and of the wrong signs; the depth is no multiple of four.
// CHECK-LABEL: func.func @computed
// CHECK-DAG: engine.pad %w
// CHECK-DAG: engine.map ins(%x : tensor<2x10xi8>) -> tensor<2x10xui8>
// CHECK-DAG: value = -128 : i8} : tensor<2x10xui8> -> tensor<2x12xui8>
// CHECK: engine.matmul %{{.*}} : tensor<2x12xui8>, tensor<3x12xi8>
// ARM-LABEL: func.func @computed
// ARM: engine.matmul %{{.*}} : tensor<2x12xi8>, tensor<3x12xi8>
// ANY-LABEL: func.func @computed
// ANY: engine.matmul %{{.*}} : tensor<2x12xi8>, tensor<3x12xui8>
func.func @computed(%x: tensor<2x10xi8>, %w: tensor<3x10xui8>) -> tensor<2x3xi32> {
  %y = engine.matmul %x, %w {trans_rhs, accumulator = i32} : tensor<2x10xi8>, tensor<3x10xui8> -> tensor<2x3xi32>
  func.return %y : tensor<2x3xi32>
}

// Codes that are computed in one place, and of a depth that is no multiple of four, are flipped there.
// CHECK-LABEL: func.func @computed_and_padded
// CHECK: engine.map ins(%x : tensor<2x10xf32>) -> tensor<2x10xui8>
// CHECK-NOT: tensor<2x10xi8>
// CHECK: engine.pad %{{.*}} value = -128 : i8} : tensor<2x10xui8> -> tensor<2x12xui8>
// CHECK: engine.matmul %{{.*}} : tensor<2x12xui8>, tensor<12x1xi8>
func.func @computed_and_padded(%x: tensor<2x10xf32>) -> tensor<2x1xi32> {
  %q = engine.map ins(%x : tensor<2x10xf32>) -> tensor<2x10xi8> {
  ^bb0(%a: f32):
    %b = math.roundeven %a : f32
    %c = arith.fptosi %b : f32 to i8
    engine.yield %c : i8
  }
  %w = engine.constant dense<3> : tensor<10x1xi8> -> tensor<10x1xi8>
  %y = engine.matmul %q, %w {accumulator = i32} : tensor<2x10xi8>, tensor<10x1xi8> -> tensor<2x1xi32>
  func.return %y : tensor<2x1xi32>
}

// A computed filter has whole words of four channels; a constant one has zeros behind the last.
// CHECK-LABEL: func.func @computed_filter
// CHECK-DAG: engine.pad %x {low = array<i64: 0, 0, 0, 0>, high = array<i64: 0, 1, 0, 0>
// CHECK-DAG: engine.pad %w {low = array<i64: 0, 0, 0, 0>, high = array<i64: 0, 1, 0, 0>
// CHECK: engine.conv %{{.*}} : tensor<1x4x4x4xui8>, tensor<8x4x1x1xi8>
// ARM-LABEL: func.func @computed_filter
// ARM: engine.conv %{{.*}} : tensor<1x3x4x4xi32>, tensor<8x3x1x1xi32>
// CHECK-LABEL: func.func @constant_filter
// CHECK-NOT: engine.pad
// CHECK: engine.conv
func.func @computed_filter(%x: tensor<1x3x4x4xui8>, %w: tensor<8x3x1x1xi8>) -> tensor<1x8x4x4xi32> {
  %y = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64, accumulator = i32} : tensor<1x3x4x4xui8>, tensor<8x3x1x1xi8> -> tensor<1x8x4x4xi32>
  func.return %y : tensor<1x8x4x4xi32>
}
func.func @constant_filter(%x: tensor<1x3x4x4xui8>) -> tensor<1x8x4x4xi32> {
  %w = engine.constant dense<1> : tensor<8x3x1x1xi8> -> tensor<8x3x1x1xi8>
  %y = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64, accumulator = i32} : tensor<1x3x4x4xui8>, tensor<8x3x1x1xi8> -> tensor<1x8x4x4xi32>
  func.return %y : tensor<1x8x4x4xi32>
}

// A flip is done where the codes are computed, if nothing else reads them, and behind an epilogue
// the sum is corrected in front of it.
// CHECK-LABEL: func.func @fused
// CHECK: engine.map ins(%x : tensor<2x8xi8>) -> tensor<2x8xui8>
// CHECK: arith.xori
// CHECK: engine.matmul
// CHECK: arith.muli
// CHECK: arith.addi
// CHECK: arith.sitofp
func.func @fused(%x: tensor<2x8xi8>) -> tensor<2x3xf32> {
  %w = engine.constant dense<[[1, -128, 127], [2, 3, 4], [5, 6, 7], [8, 9, -10], [1, 2, 3], [-4, -5, -6], [7, 8, 9], [0, 1, 2]]> : tensor<8x3xi8> -> tensor<8x3xi8>
  %m = engine.map ins(%x : tensor<2x8xi8>) -> tensor<2x8xi8> {
  ^bb0(%a: i8):
    %0 = arith.addi %a, %a : i8
    engine.yield %0 : i8
  }
  %y = engine.matmul %m, %w {accumulator = i32} : tensor<2x8xi8>, tensor<8x3xi8> -> tensor<2x3xf32> {
  ^bb0(%acc: i32):
    %1 = arith.sitofp %acc : i32 to f32
    engine.yield %1 : f32
  }
  func.return %y : tensor<2x3xf32>
}

// No kernel takes codes of a transposed convolution: they are widened.
// CHECK-LABEL: func.func @widened
// CHECK: engine.conv_transpose %{{.*}} : tensor<1x2x3xi32>, tensor<2x2x2xi32> -> tensor<1x2x4xi32>
func.func @widened(%x: tensor<1x2x3xui8>, %w: tensor<2x2x2xi8>) -> tensor<1x2x4xi32> {
  %y = engine.conv_transpose %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, output_padding = array<i64: 0>, groups = 1 : i64, accumulator = i32} : tensor<1x2x3xui8>, tensor<2x2x2xi8> -> tensor<1x2x4xi32>
  func.return %y : tensor<1x2x4xi32>
}

// A computed right side so deep that no panel of it fits the stack.
// CHECK-LABEL: func.func @deep
// CHECK: engine.matmul %{{.*}} : tensor<1x9000xi32>, tensor<9000x1xi32>
func.func @deep(%x: tensor<1x9000xui8>, %w: tensor<9000x1xi8>) -> tensor<1x1xi32> {
  %y = engine.matmul %x, %w {accumulator = i32} : tensor<1x9000xui8>, tensor<9000x1xi8> -> tensor<1x1xi32>
  func.return %y : tensor<1x1xi32>
}

// Codes that are looked up are flipped in the table.
// CHECK-LABEL: func.func @looked_up
// CHECK: engine.constant {{.*}} -> tensor<256xui8>
// CHECK: engine.lookup %{{.*}} : tensor<2x8xui8>, tensor<256xui8> -> tensor<2x8xui8>
// CHECK-NOT: engine.map
// CHECK: engine.matmul %{{.*}} : tensor<2x8xui8>, tensor<8x1xi8>
func.func @looked_up(%x: tensor<2x8xui8>) -> tensor<2x1xi32> {
  %t = engine.constant dense<3> : tensor<256xi8> -> tensor<256xi8>
  %l = engine.lookup %x, %t : tensor<2x8xui8>, tensor<256xi8> -> tensor<2x8xi8>
  %w = engine.constant dense<3> : tensor<8x1xi8> -> tensor<8x1xi8>
  %y = engine.matmul %l, %w {accumulator = i32} : tensor<2x8xi8>, tensor<8x1xi8> -> tensor<2x1xi32>
  func.return %y : tensor<2x1xi32>
}
