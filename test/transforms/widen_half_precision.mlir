// RUN: opt-tool %s -p 'widen-half-precision{target=x86-64-v4}' | filecheck %s

// What has no kernel for 16-bit floats is computed in f32, between casts.

// CHECK-LABEL: func.func @softmax
// CHECK:       engine.map ins(%x : tensor<2x5xf16>)
// CHECK:         arith.extf
// CHECK:       engine.softmax
// CHECK-SAME:  tensor<2x5xf32>
// CHECK:       engine.map
// CHECK:         arith.truncf
// CHECK:       func.return %y : tensor<2x5xf16>
func.func @softmax(%x: tensor<2x5xf16>) -> tensor<2x5xf16> {
  %y = engine.softmax %x {axis = 1 : i64} : tensor<2x5xf16> -> tensor<2x5xf16>
  func.return %y : tensor<2x5xf16>
}

// A region keeps rounding to 16 bits.
// CHECK-LABEL: func.func @sum_of_squares
// CHECK:       engine.reduce
// CHECK:       ^bb0(%{{.*}}: f32):
// CHECK-NEXT:    arith.truncf %{{.*}} : f32 to bf16
// CHECK-NEXT:    arith.mulf %{{.*}} : bf16
// CHECK-NEXT:    arith.extf %{{.*}} : bf16 to f32
func.func @sum_of_squares(%x: tensor<2x5xbf16>) -> tensor<2x1xbf16> {
  %y = engine.reduce ins(%x : tensor<2x5xbf16>) {kind = "sum", axes = array<i64: 1>, keepdims} -> tensor<2x1xbf16> {
  ^bb0(%a: bf16):
    %b = arith.mulf %a, %a : bf16
    engine.yield %b : bf16
  }
  func.return %y : tensor<2x1xbf16>
}

// Maps and data movement have kernels for every type.
// CHECK-LABEL: func.func @as_it_is
// CHECK-NEXT:    engine.transpose
// CHECK-NEXT:    func.return
func.func @as_it_is(%x: tensor<2x5xf16>) -> tensor<5x2xf16> {
  %y = engine.transpose %x {perm = array<i64: 1, 0>} : tensor<2x5xf16> -> tensor<5x2xf16>
  func.return %y : tensor<5x2xf16>
}

// Where sizes are open, whether there is a kernel is asked at the hints.
// CHECK-LABEL: func.func @open
// CHECK:         arith.extf
// CHECK:       engine.softmax
// CHECK-SAME:  tensor<?x8xf32, #engine.sizes<"N">>
// CHECK:         arith.truncf
func.func @open(%x: tensor<?x8xf16, #engine.sizes<"N">>) -> tensor<?x8xf16, #engine.sizes<"N">> {
  %0 = engine.softmax %x {axis = 1 : i64} : tensor<?x8xf16, #engine.sizes<"N">> -> tensor<?x8xf16, #engine.sizes<"N">>
  func.return %0 : tensor<?x8xf16, #engine.sizes<"N">>
}
