// RUN: opt-tool %s --split-input-file --verify-diagnostics

// What contractions check.

func.func @f(%a: tensor<3xf32>, %b: tensor<3x4xf32>) {
  // expected-error@below {{'engine.matmul' needs operands of rank 2 or more, got [3] and [3, 4]}}
  %0 = engine.matmul %a, %b : tensor<3xf32>, tensor<3x4xf32> -> tensor<4xf32>
  func.return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<4x5xf32>) {
  // expected-error@below {{'engine.matmul' sums over 3 on the left ([2, 3]) and 4 on the right ([4, 5])}}
  %0 = engine.matmul %a, %b : tensor<2x3xf32>, tensor<4x5xf32> -> tensor<2x5xf32>
  func.return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<3x5xf32>, %c: tensor<5xf32>) {
  // expected-error@below {{'engine.matmul' has epilogue operands but no epilogue}}
  %0 = engine.matmul %a, %b epilogue(%c : tensor<5xf32>) : tensor<2x3xf32>, tensor<3x5xf32> -> tensor<2x5xf32>
  func.return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<3x5xf32>, %c: tensor<7x2x5xf32>) {
  // expected-error@below {{'engine.matmul' epilogue operand of shape [7, 2, 5] does not broadcast to the result's [2, 5]}}
  %0 = engine.matmul %a, %b epilogue(%c : tensor<7x2x5xf32>) : tensor<2x3xf32>, tensor<3x5xf32> -> tensor<2x5xf32> {
  ^bb0(%s: f32, %t: f32):
    engine.yield %s : f32
  }
  func.return
}

// -----

func.func @f(%x: tensor<1x3x8x8xf32>, %w: tensor<4x2x3x3xf32>) {
  // expected-error@below {{'engine.conv' weight has 2 input channels, input has 3 (groups=1)}}
  %0 = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x8x8xf32>, tensor<4x2x3x3xf32> -> tensor<1x4x6x6xf32>
  func.return
}

// -----

func.func @f(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error@below {{'engine.conv' input [1, 3, 8, 8] and weight [4, 3, 3] must have the same rank, 3 or more}}
  %0 = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x8x8xf32>, tensor<4x3x3xf32> -> tensor<1x4x6x6xf32>
  func.return
}

// -----

func.func @f(%x: tensor<1x3x8x8xf32>, %w: tensor<4x1x3x3xf32>) {
  // expected-error@below {{'engine.conv' 4 output channels in 3 groups}}
  %0 = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 3 : i64} : tensor<1x3x8x8xf32>, tensor<4x1x3x3xf32> -> tensor<1x4x6x6xf32>
  func.return
}

// -----

func.func @f(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x9x3xf32>) {
  // expected-error@below {{'engine.conv' kernel [9, 3] is larger than input [1, 3, 8, 8]}}
  %0 = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x8x8xf32>, tensor<4x3x9x3xf32> -> tensor<1x4x0x6xf32>
  func.return
}

// -----

func.func @f(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error@below {{'engine.conv' strides has 1 entries, expected 2}}
  %0 = engine.conv %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32> -> tensor<1x4x6x6xf32>
  func.return
}

// -----

func.func @f(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error@below {{'engine.conv' strides and dilations must be positive}}
  %0 = engine.conv %x, %w {strides = array<i64: 1, 0>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32> -> tensor<1x4x6x6xf32>
  func.return
}

// -----

func.func @f(%x: tensor<1x3x4x4xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error@below {{'engine.conv_transpose' weight has 4 input channels, input has 3}}
  %0 = engine.conv_transpose %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, output_padding = array<i64: 0, 0>, groups = 1 : i64} : tensor<1x3x4x4xf32>, tensor<4x3x3x3xf32> -> tensor<1x3x6x6xf32>
  func.return
}

// -----

// Codes are summed up in 32 bits, and nothing else is.
func.func @f(%a: tensor<2x4xui8>, %b: tensor<4x5xi16>) {
  // expected-error@below {{'engine.matmul' of ui8 and i16 has accumulator = i32; only i32 is allowed, for operands of i8 and ui8}}
  %0 = engine.matmul %a, %b {accumulator = i32} : tensor<2x4xui8>, tensor<4x5xi16> -> tensor<2x5xi32>
  func.return
}

// -----

func.func @f(%a: tensor<2x4xui8>, %b: tensor<4x5xi8>) {
  // expected-error@below {{'engine.matmul' of ui8 and i8 has accumulator = i16; only i32 is allowed, for operands of i8 and ui8}}
  %0 = engine.matmul %a, %b {accumulator = i16} : tensor<2x4xui8>, tensor<4x5xi8> -> tensor<2x5xi16>
  func.return
}

// -----

func.func @f(%x: tensor<1x4x8x8xf32>, %w: tensor<4x4x3x3xf32>) {
  // expected-error@below {{'engine.conv' of f32 and f32 has accumulator = i32; only i32 is allowed, for operands of i8 and ui8}}
  %0 = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64, accumulator = i32} : tensor<1x4x8x8xf32>, tensor<4x4x3x3xf32> -> tensor<1x4x6x6xi32>
  func.return
}
