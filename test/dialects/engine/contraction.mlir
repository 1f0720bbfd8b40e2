// RUN: %roundtrip
// RUN: %generic_roundtrip

// Contractions at all levels of the engine dialect: on tensors, on laid-out tensors, on memrefs.

// A product without an epilogue.
// CHECK-LABEL:  func.func @matmul(%a: tensor<2x3x4xf32>, %b: tensor<4x5xf32>) -> tensor<2x3x5xf32> {
// CHECK-NEXT:    %y = engine.matmul %a, %b : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32>
// CHECK-NEXT:    func.return %y : tensor<2x3x5xf32>
// CHECK-NEXT:    }
func.func @matmul(%a: tensor<2x3x4xf32>, %b: tensor<4x5xf32>) -> tensor<2x3x5xf32> {
  %y = engine.matmul %a, %b : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32>
  func.return %y : tensor<2x3x5xf32>
}

// Transposed operands, and an epilogue with an operand of its own.
// CHECK-LABEL:  func.func @matmul_epilogue(%a: tensor<4x3xf32>, %b: tensor<5x4xf32>, %bias: tensor<5xf32>) -> tensor<3x5xf32> {
// CHECK-NEXT:    %y = engine.matmul %a, %b epilogue(%bias : tensor<5xf32>) {trans_lhs, trans_rhs} : tensor<4x3xf32>, tensor<5x4xf32> -> tensor<3x5xf32> {
// CHECK-NEXT:    ^bb0(%acc: f32, %s: f32):
// CHECK-NEXT:      %r = arith.addf %acc, %s : f32
// CHECK-NEXT:      engine.yield %r : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<3x5xf32>
// CHECK-NEXT:    }
func.func @matmul_epilogue(%a: tensor<4x3xf32>, %b: tensor<5x4xf32>, %bias: tensor<5xf32>) -> tensor<3x5xf32> {
  %y = engine.matmul %a, %b epilogue(%bias : tensor<5xf32>) {trans_lhs, trans_rhs} : tensor<4x3xf32>, tensor<5x4xf32> -> tensor<3x5xf32> {
  ^bb0(%acc: f32, %s: f32):
    %r = arith.addf %acc, %s : f32
    engine.yield %r : f32
  }
  func.return %y : tensor<3x5xf32>
}

// A packed weight; provenance stays with the operation.
// CHECK-LABEL:  func.func @matmul_packed(%a: tensor<3x4xf32>, %b: tensor<4x50xf32, #engine.layout<"Ba48b">>) -> tensor<3x50xf32> {
// CHECK-NEXT:    %y = engine.matmul %a, %b {nodes = ["/fc"], rewrites = ["r"]} : tensor<3x4xf32>, tensor<4x50xf32, #engine.layout<"Ba48b">> -> tensor<3x50xf32>
// CHECK-NEXT:    func.return %y : tensor<3x50xf32>
// CHECK-NEXT:    }
func.func @matmul_packed(%a: tensor<3x4xf32>, %b: tensor<4x50xf32, #engine.layout<"Ba48b">>) -> tensor<3x50xf32> {
  %y = engine.matmul %a, %b {nodes = ["/fc"], rewrites = ["r"]} : tensor<3x4xf32>, tensor<4x50xf32, #engine.layout<"Ba48b">> -> tensor<3x50xf32>
  func.return %y : tensor<3x50xf32>
}

// The accumulator of 8-bit numbers leaves through the epilogue with another type.
// CHECK-LABEL:  func.func @matmul_cast(%a: tensor<3x4xi32>, %b: tensor<4x5xi32>) -> tensor<3x5xf32> {
// CHECK-NEXT:    %y = engine.matmul %a, %b : tensor<3x4xi32>, tensor<4x5xi32> -> tensor<3x5xf32> {
// CHECK-NEXT:    ^bb0(%acc: i32):
// CHECK-NEXT:      %r = arith.sitofp %acc : i32 to f32
// CHECK-NEXT:      engine.yield %r : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<3x5xf32>
// CHECK-NEXT:    }
func.func @matmul_cast(%a: tensor<3x4xi32>, %b: tensor<4x5xi32>) -> tensor<3x5xf32> {
  %y = engine.matmul %a, %b : tensor<3x4xi32>, tensor<4x5xi32> -> tensor<3x5xf32> {
  ^bb0(%acc: i32):
    %r = arith.sitofp %acc : i32 to f32
    engine.yield %r : f32
  }
  func.return %y : tensor<3x5xf32>
}

// In destination-passing form there are no results.
// CHECK-LABEL:  func.func @matmul_planned(%a: memref<3x4xf32>, %b: memref<4x5xf32>, %y: memref<3x5xf32>) {
// CHECK-NEXT:    engine.matmul %a, %b outs(%y : memref<3x5xf32>) : memref<3x4xf32>, memref<4x5xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:    }
func.func @matmul_planned(%a: memref<3x4xf32>, %b: memref<4x5xf32>, %y: memref<3x5xf32>) {
  engine.matmul %a, %b outs(%y : memref<3x5xf32>) : memref<3x4xf32>, memref<4x5xf32>
  func.return
}

// A convolution on blocked layouts, with bias and a residual operand.
// CHECK-LABEL:  func.func @conv(%x: tensor<1x16x8x8xf32, #engine.layout<"aBcd16b">>, %w: tensor<32x16x3x3xf32, #engine.layout<"ABcd16b32a">>, %b: tensor<32x1x1xf32>, %r: tensor<1x32x6x6xf32, #engine.layout<"aBcd16b">>) -> tensor<1x32x6x6xf32, #engine.layout<"aBcd16b">> {
// CHECK-NEXT:    %y = engine.conv %x, %w epilogue(%b, %r : tensor<32x1x1xf32>, tensor<1x32x6x6xf32, #engine.layout<"aBcd16b">>) {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x16x8x8xf32, #engine.layout<"aBcd16b">>, tensor<32x16x3x3xf32, #engine.layout<"ABcd16b32a">> -> tensor<1x32x6x6xf32, #engine.layout<"aBcd16b">> {
// CHECK-NEXT:    ^bb0(%acc: f32, %s: f32, %t: f32):
// CHECK-NEXT:      %0 = arith.addf %acc, %s : f32
// CHECK-NEXT:      %1 = arith.addf %0, %t : f32
// CHECK-NEXT:      engine.yield %1 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<1x32x6x6xf32, #engine.layout<"aBcd16b">>
// CHECK-NEXT:    }
func.func @conv(%x: tensor<1x16x8x8xf32, #engine.layout<"aBcd16b">>, %w: tensor<32x16x3x3xf32, #engine.layout<"ABcd16b32a">>, %b: tensor<32x1x1xf32>, %r: tensor<1x32x6x6xf32, #engine.layout<"aBcd16b">>) -> tensor<1x32x6x6xf32, #engine.layout<"aBcd16b">> {
  %y = engine.conv %x, %w epilogue(%b, %r : tensor<32x1x1xf32>, tensor<1x32x6x6xf32, #engine.layout<"aBcd16b">>) {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x16x8x8xf32, #engine.layout<"aBcd16b">>, tensor<32x16x3x3xf32, #engine.layout<"ABcd16b32a">> -> tensor<1x32x6x6xf32, #engine.layout<"aBcd16b">> {
  ^bb0(%acc: f32, %s: f32, %t: f32):
    %0 = arith.addf %acc, %s : f32
    %1 = arith.addf %0, %t : f32
    engine.yield %1 : f32
  }
  func.return %y : tensor<1x32x6x6xf32, #engine.layout<"aBcd16b">>
}

// Groups, strides, dilations and pads of a one-dimensional convolution.
// CHECK-LABEL:  func.func @conv1d(%x: tensor<2x4x20xf32>, %w: tensor<6x2x3xf32>) -> tensor<2x6x9xf32> {
// CHECK-NEXT:    %y = engine.conv %x, %w {strides = array<i64: 2>, pads = array<i64: 1, 0>, dilations = array<i64: 2>, groups = 2 : i64} : tensor<2x4x20xf32>, tensor<6x2x3xf32> -> tensor<2x6x9xf32>
// CHECK-NEXT:    func.return %y : tensor<2x6x9xf32>
// CHECK-NEXT:    }
func.func @conv1d(%x: tensor<2x4x20xf32>, %w: tensor<6x2x3xf32>) -> tensor<2x6x9xf32> {
  %y = engine.conv %x, %w {strides = array<i64: 2>, pads = array<i64: 1, 0>, dilations = array<i64: 2>, groups = 2 : i64} : tensor<2x4x20xf32>, tensor<6x2x3xf32> -> tensor<2x6x9xf32>
  func.return %y : tensor<2x6x9xf32>
}

// A convolution into a part of a larger buffer.
// CHECK-LABEL:  func.func @conv_planned(%x: memref<1x3x8x8xf32>, %w: memref<4x3x3x3xf32>, %y: memref<1x4x6x6xf32, #engine.layout<"abcd", [512, 64, 8, 1]>>) {
// CHECK-NEXT:    engine.conv %x, %w outs(%y : memref<1x4x6x6xf32, #engine.layout<"abcd", [512, 64, 8, 1]>>) {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : memref<1x3x8x8xf32>, memref<4x3x3x3xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:    }
func.func @conv_planned(%x: memref<1x3x8x8xf32>, %w: memref<4x3x3x3xf32>, %y: memref<1x4x6x6xf32, #engine.layout<"abcd", [512, 64, 8, 1]>>) {
  engine.conv %x, %w outs(%y : memref<1x4x6x6xf32, #engine.layout<"abcd", [512, 64, 8, 1]>>) {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : memref<1x3x8x8xf32>, memref<4x3x3x3xf32>
  func.return
}

// A transposed convolution.
// CHECK-LABEL:  func.func @conv_transpose(%x: tensor<1x8x4x4xf32>, %w: tensor<8x6x4x4xf32>) -> tensor<1x6x9x8xf32> {
// CHECK-NEXT:    %y = engine.conv_transpose %x, %w {strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, output_padding = array<i64: 1, 0>, groups = 1 : i64} : tensor<1x8x4x4xf32>, tensor<8x6x4x4xf32> -> tensor<1x6x9x8xf32>
// CHECK-NEXT:    func.return %y : tensor<1x6x9x8xf32>
// CHECK-NEXT:    }
func.func @conv_transpose(%x: tensor<1x8x4x4xf32>, %w: tensor<8x6x4x4xf32>) -> tensor<1x6x9x8xf32> {
  %y = engine.conv_transpose %x, %w {strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, output_padding = array<i64: 1, 0>, groups = 1 : i64} : tensor<1x8x4x4xf32>, tensor<8x6x4x4xf32> -> tensor<1x6x9x8xf32>
  func.return %y : tensor<1x6x9x8xf32>
}

// Codes of eight bits, of any signs, are summed up in 32.
// CHECK-LABEL:  func.func @codes(%x: tensor<2x8xui8>, %w: tensor<8x3xi8>) -> tensor<2x3xi32> {
// CHECK-NEXT:    %y = engine.matmul %x, %w {accumulator = i32} : tensor<2x8xui8>, tensor<8x3xi8> -> tensor<2x3xi32>
// CHECK-NEXT:    func.return %y : tensor<2x3xi32>
// CHECK-NEXT:    }
func.func @codes(%x: tensor<2x8xui8>, %w: tensor<8x3xi8>) -> tensor<2x3xi32> {
  %y = engine.matmul %x, %w {accumulator = i32} : tensor<2x8xui8>, tensor<8x3xi8> -> tensor<2x3xi32>
  func.return %y : tensor<2x3xi32>
}
