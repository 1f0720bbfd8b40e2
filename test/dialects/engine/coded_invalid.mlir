// RUN: opt-tool %s --split-input-file --verify-diagnostics

// What weights in few bits check.

func.func @f(%c: tensor<8x32xui8>, %s: tensor<8x2xf32>) {
  // expected-error@below {{'engine.decode' has codes of 3 bits in ui8, expected 2, 4 or 8 in i8 or ui8}}
  %0 = engine.decode %c scales(%s : tensor<8x2xf32>) {bits = 3 : i64, block = 32 : i64, size = 64 : i64} : tensor<8x32xui8> -> tensor<8x64xf32>
  func.return
}

// -----

func.func @f(%c: tensor<8x32xui8>, %s: tensor<8x3xf32>) {
  // expected-error@below {{'engine.decode' has blocks of 24, expected a power of two from 16 on, or one block of 64 or more}}
  %0 = engine.decode %c scales(%s : tensor<8x3xf32>) {bits = 4 : i64, block = 24 : i64, size = 64 : i64} : tensor<8x32xui8> -> tensor<8x64xf32>
  func.return
}

// -----

func.func @f(%c: tensor<8x30xui8>, %s: tensor<8x2xf32>) {
  // expected-error@below {{'engine.decode' has rows of 30 bytes, 64 codes of 4 bits in blocks of 32 have 32}}
  %0 = engine.decode %c scales(%s : tensor<8x2xf32>) {bits = 4 : i64, block = 32 : i64, size = 64 : i64} : tensor<8x30xui8> -> tensor<8x64xf32>
  func.return
}

// -----

func.func @f(%c: tensor<8x32xui8>, %s: tensor<8x1xf32>) {
  // expected-error@below {{'engine.decode' scales of shape [8, 1], expected [8, 2]: one for each block}}
  %0 = engine.decode %c scales(%s : tensor<8x1xf32>) {bits = 4 : i64, block = 32 : i64, size = 64 : i64} : tensor<8x32xui8> -> tensor<8x64xf32>
  func.return
}

// -----

func.func @f(%c: tensor<8x32xui8>, %s: tensor<8x2xf32>, %z: tensor<8x2xi8>) {
  // expected-error@below {{'engine.decode' zeros are of i8}}
  %0 = engine.decode %c scales(%s : tensor<8x2xf32>) zeros(%z : tensor<8x2xi8>) {bits = 4 : i64, block = 32 : i64, size = 64 : i64} : tensor<8x32xui8> -> tensor<8x64xf32>
  func.return
}

// -----

func.func @f(%c: tensor<8x64xf16>, %s: tensor<8x2xf32>) {
  // expected-error@below {{'engine.decode' of f16 needs bits = 16, 64 numbers in a row, and neither scales nor zero points}}
  %0 = engine.decode %c scales(%s : tensor<8x2xf32>) {bits = 16 : i64, block = 32 : i64, size = 64 : i64} : tensor<8x64xf16> -> tensor<8x64xf32>
  func.return
}

// -----

func.func @f(%x: tensor<2x64xf16>, %c: tensor<8x32xui8>, %s: tensor<8x2xf32>) {
  // expected-error@below {{'engine.coded_matmul' multiplies matrices of f32 with one matrix of codes, got [2, 64] of f16 and [8, 32]}}
  %0 = engine.coded_matmul %x, %c scales(%s : tensor<8x2xf32>) {bits = 4 : i64, block = 32 : i64} : tensor<2x64xf16>, tensor<8x32xui8> -> tensor<2x8xf16>
  func.return
}

// -----

func.func @f(%x: tensor<2x64xf32>, %c: tensor<8x32xui8>, %s: tensor<8x2xf32>) {
  // expected-error@below {{'engine.coded_matmul' has lhs_codes = i4, only i8 is allowed beside weights of 4 bits}}
  %0 = engine.coded_matmul %x, %c scales(%s : tensor<8x2xf32>) {bits = 4 : i64, block = 32 : i64, lhs_codes = i4} : tensor<2x64xf32>, tensor<8x32xui8> -> tensor<2x8xf32>
  func.return
}

// -----

func.func @f(%x: tensor<2x64xf32>, %c: tensor<8x64xf16>) {
  // expected-error@below {{'engine.coded_matmul' has lhs_codes = i8, only bf16 is allowed beside weights of 16 bits}}
  %0 = engine.coded_matmul %x, %c {bits = 16 : i64, block = 64 : i64, lhs_codes = i8} : tensor<2x64xf32>, tensor<8x64xf16> -> tensor<2x8xf32>
  func.return
}
