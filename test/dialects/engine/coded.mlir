// RUN: %roundtrip
// RUN: %generic_roundtrip

// CHECK: func.func @coded
func.func @coded(%x: tensor<1x3x64xf32>, %c: tensor<96x32xui8>, %s: tensor<96x2xf16>, %z: tensor<96x2xui8>, %h: tensor<8x64xbf16>, %b: tensor<96xf32>) -> (tensor<96x64xf32>, tensor<1x3x96xf32>, tensor<1x3x96xf32>, tensor<1x3x8xf32>) {
  // CHECK-NEXT: %w = engine.decode %c scales(%s : tensor<96x2xf16>) zeros(%z : tensor<96x2xui8>) {bits = 4 : i64, block = 32 : i64, size = 64 : i64, lhs_codes = i8} : tensor<96x32xui8> -> tensor<96x64xf32>
  %w = engine.decode %c scales(%s : tensor<96x2xf16>) zeros(%z : tensor<96x2xui8>) {bits = 4 : i64, block = 32 : i64, size = 64 : i64, lhs_codes = i8} : tensor<96x32xui8> -> tensor<96x64xf32>
  // CHECK-NEXT: %y = engine.coded_matmul %x, %c scales(%s : tensor<96x2xf16>) {bits = 4 : i64, block = 32 : i64} : tensor<1x3x64xf32>, tensor<96x32xui8> -> tensor<1x3x96xf32>
  %y = engine.coded_matmul %x, %c scales(%s : tensor<96x2xf16>) {bits = 4 : i64, block = 32 : i64} : tensor<1x3x64xf32>, tensor<96x32xui8> -> tensor<1x3x96xf32>
  // CHECK-NEXT: %v = engine.coded_matmul %x, %c scales(%s : tensor<96x2xf16>) zeros(%z : tensor<96x2xui8>) epilogue(%b : tensor<96xf32>) {bits = 4 : i64, block = 32 : i64, lhs_codes = i8} : tensor<1x3x64xf32>, tensor<96x32xui8> -> tensor<1x3x96xf32> {
  %v = engine.coded_matmul %x, %c scales(%s : tensor<96x2xf16>) zeros(%z : tensor<96x2xui8>) epilogue(%b : tensor<96xf32>) {bits = 4 : i64, block = 32 : i64, lhs_codes = i8} : tensor<1x3x64xf32>, tensor<96x32xui8> -> tensor<1x3x96xf32> {
  ^bb0(%acc: f32, %bias: f32):
    %0 = arith.addf %acc, %bias : f32
    engine.yield %0 : f32
  }
  // CHECK: %u = engine.coded_matmul %x, %h {bits = 16 : i64, block = 64 : i64} : tensor<1x3x64xf32>, tensor<8x64xbf16> -> tensor<1x3x8xf32>
  %u = engine.coded_matmul %x, %h {bits = 16 : i64, block = 64 : i64} : tensor<1x3x64xf32>, tensor<8x64xbf16> -> tensor<1x3x8xf32>
  func.return %w, %y, %v, %u : tensor<96x64xf32>, tensor<1x3x96xf32>, tensor<1x3x96xf32>, tensor<1x3x8xf32>
}
