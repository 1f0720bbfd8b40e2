// Every operation of the engine dialect, in the forms it has on tensors, on laid-out tensors and
// on planned buffers. What is written is what is printed.

// RUN: %roundtrip
// RUN: %generic_roundtrip

// Contractions.

// CHECK-LABEL: func.func @matmul(%x: tensor<2x8x512xf32>, %w: tensor<512x10xf32>) -> tensor<2x8x10xf32> {
// CHECK-NEXT:    %y = engine.matmul %x, %w : tensor<2x8x512xf32>, tensor<512x10xf32> -> tensor<2x8x10xf32>
// CHECK-NEXT:    func.return %y : tensor<2x8x10xf32>
// CHECK-NEXT:  }
func.func @matmul(%x: tensor<2x8x512xf32>, %w: tensor<512x10xf32>) -> tensor<2x8x10xf32> {
  %y = engine.matmul %x, %w : tensor<2x8x512xf32>, tensor<512x10xf32> -> tensor<2x8x10xf32>
  func.return %y : tensor<2x8x10xf32>
}

// CHECK-LABEL: func.func @matmul_transposed(%x: tensor<512x4xf32>, %w: tensor<10x512xf32>) -> tensor<4x10xf32> {
// CHECK-NEXT:    %y = engine.matmul %x, %w {trans_lhs, trans_rhs} : tensor<512x4xf32>, tensor<10x512xf32> -> tensor<4x10xf32>
// CHECK-NEXT:    func.return %y : tensor<4x10xf32>
// CHECK-NEXT:  }
func.func @matmul_transposed(%x: tensor<512x4xf32>, %w: tensor<10x512xf32>) -> tensor<4x10xf32> {
  %y = engine.matmul %x, %w {trans_lhs, trans_rhs} : tensor<512x4xf32>, tensor<10x512xf32> -> tensor<4x10xf32>
  func.return %y : tensor<4x10xf32>
}

// CHECK-LABEL: func.func @matmul_epilogue(%x: tensor<1x512xf32>, %w: tensor<512x10xf32>, %b: tensor<10xf32>) -> tensor<1x10xf32> {
// CHECK-NEXT:    %y = engine.matmul %x, %w epilogue(%b : tensor<10xf32>) : tensor<1x512xf32>, tensor<512x10xf32> -> tensor<1x10xf32> {
// CHECK-NEXT:    ^bb0(%acc: f32, %bias: f32):
// CHECK-NEXT:      %0 = arith.addf %acc, %bias : f32
// CHECK-NEXT:      engine.yield %0 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<1x10xf32>
// CHECK-NEXT:  }
func.func @matmul_epilogue(%x: tensor<1x512xf32>, %w: tensor<512x10xf32>, %b: tensor<10xf32>) -> tensor<1x10xf32> {
  %y = engine.matmul %x, %w epilogue(%b : tensor<10xf32>) : tensor<1x512xf32>, tensor<512x10xf32> -> tensor<1x10xf32> {
  ^bb0(%acc: f32, %bias: f32):
    %0 = arith.addf %acc, %bias : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<1x10xf32>
}

// CHECK-LABEL: func.func @conv(%x: tensor<1x3x224x224xf32>, %w: tensor<64x3x7x7xf32>) -> tensor<1x64x112x112xf32> {
// CHECK-NEXT:    %y = engine.conv %x, %w {strides = array<i64: 2, 2>, pads = array<i64: 3, 3, 3, 3>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x224x224xf32>, tensor<64x3x7x7xf32> -> tensor<1x64x112x112xf32>
// CHECK-NEXT:    func.return %y : tensor<1x64x112x112xf32>
// CHECK-NEXT:  }
func.func @conv(%x: tensor<1x3x224x224xf32>, %w: tensor<64x3x7x7xf32>) -> tensor<1x64x112x112xf32> {
  %y = engine.conv %x, %w {strides = array<i64: 2, 2>, pads = array<i64: 3, 3, 3, 3>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x3x224x224xf32>, tensor<64x3x7x7xf32> -> tensor<1x64x112x112xf32>
  func.return %y : tensor<1x64x112x112xf32>
}

// CHECK-LABEL: func.func @conv_1d_grouped_relu(%x: tensor<1x8x32xf32>, %w: tensor<8x4x3xf32>) -> tensor<1x8x30xf32> {
// CHECK-NEXT:    %y = engine.conv %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 2 : i64} : tensor<1x8x32xf32>, tensor<8x4x3xf32> -> tensor<1x8x30xf32> {
// CHECK-NEXT:    ^bb0(%acc: f32):
// CHECK-NEXT:      %zero = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:      %0 = arith.maximumf %acc, %zero : f32
// CHECK-NEXT:      engine.yield %0 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<1x8x30xf32>
// CHECK-NEXT:  }
func.func @conv_1d_grouped_relu(%x: tensor<1x8x32xf32>, %w: tensor<8x4x3xf32>) -> tensor<1x8x30xf32> {
  %y = engine.conv %x, %w {strides = array<i64: 1>, pads = array<i64: 0, 0>, dilations = array<i64: 1>, groups = 2 : i64} : tensor<1x8x32xf32>, tensor<8x4x3xf32> -> tensor<1x8x30xf32> {
  ^bb0(%acc: f32):
    %zero = arith.constant 0.000000e+00 : f32
    %0 = arith.maximumf %acc, %zero : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<1x8x30xf32>
}

// CHECK-LABEL: func.func @conv_transpose(%x: tensor<1x8x4x4xf32>, %w: tensor<8x6x4x4xf32>) -> tensor<1x6x8x8xf32> {
// CHECK-NEXT:    %y = engine.conv_transpose %x, %w {strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, output_padding = array<i64: 0, 0>, groups = 1 : i64} : tensor<1x8x4x4xf32>, tensor<8x6x4x4xf32> -> tensor<1x6x8x8xf32>
// CHECK-NEXT:    func.return %y : tensor<1x6x8x8xf32>
// CHECK-NEXT:  }
func.func @conv_transpose(%x: tensor<1x8x4x4xf32>, %w: tensor<8x6x4x4xf32>) -> tensor<1x6x8x8xf32> {
  %y = engine.conv_transpose %x, %w {strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, output_padding = array<i64: 0, 0>, groups = 1 : i64} : tensor<1x8x4x4xf32>, tensor<8x6x4x4xf32> -> tensor<1x6x8x8xf32>
  func.return %y : tensor<1x6x8x8xf32>
}

// CHECK-LABEL: func.func @attention(%q: tensor<1x4x16x64xf32>, %k: tensor<1x2x16x64xf32>, %v: tensor<1x2x16x32xf32>, %m: tensor<1x1x1x16xf32>) -> tensor<1x4x16x32xf32> {
// CHECK-NEXT:    %a = engine.attention %q, %k, %v mask(%m : tensor<1x1x1x16xf32>) {scale = 1.250000e-01 : f64, causal} : tensor<1x4x16x64xf32>, tensor<1x2x16x64xf32>, tensor<1x2x16x32xf32> -> tensor<1x4x16x32xf32>
// CHECK-NEXT:    func.return %a : tensor<1x4x16x32xf32>
// CHECK-NEXT:  }
func.func @attention(%q: tensor<1x4x16x64xf32>, %k: tensor<1x2x16x64xf32>, %v: tensor<1x2x16x32xf32>, %m: tensor<1x1x1x16xf32>) -> tensor<1x4x16x32xf32> {
  %a = engine.attention %q, %k, %v mask(%m : tensor<1x1x1x16xf32>) {scale = 1.250000e-01 : f64, causal} : tensor<1x4x16x64xf32>, tensor<1x2x16x64xf32>, tensor<1x2x16x32xf32> -> tensor<1x4x16x32xf32>
  func.return %a : tensor<1x4x16x32xf32>
}

// Elementwise and reductions.

// CHECK-LABEL: func.func @map(%a: tensor<1x64x56x56xf32>, %b: tensor<64x1x1xf32>) -> tensor<1x64x56x56xf32> {
// CHECK-NEXT:    %y = engine.map ins(%a, %b : tensor<1x64x56x56xf32>, tensor<64x1x1xf32>) -> tensor<1x64x56x56xf32> {
// CHECK-NEXT:    ^bb0(%x: f32, %scale: f32):
// CHECK-NEXT:      %0 = arith.mulf %x, %scale : f32
// CHECK-NEXT:      engine.yield %0 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<1x64x56x56xf32>
// CHECK-NEXT:  }
func.func @map(%a: tensor<1x64x56x56xf32>, %b: tensor<64x1x1xf32>) -> tensor<1x64x56x56xf32> {
  %y = engine.map ins(%a, %b : tensor<1x64x56x56xf32>, tensor<64x1x1xf32>) -> tensor<1x64x56x56xf32> {
  ^bb0(%x: f32, %scale: f32):
    %0 = arith.mulf %x, %scale : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<1x64x56x56xf32>
}

// CHECK-LABEL: func.func @reduce(%x: tensor<1x64x7x7xf32>) -> tensor<1x64x1x1xf32> {
// CHECK-NEXT:    %y = engine.reduce ins(%x : tensor<1x64x7x7xf32>) {kind = "mean", axes = array<i64: 2, 3>, keepdims} -> tensor<1x64x1x1xf32>
// CHECK-NEXT:    func.return %y : tensor<1x64x1x1xf32>
// CHECK-NEXT:  }
func.func @reduce(%x: tensor<1x64x7x7xf32>) -> tensor<1x64x1x1xf32> {
  %y = engine.reduce ins(%x : tensor<1x64x7x7xf32>) {kind = "mean", axes = array<i64: 2, 3>, keepdims} -> tensor<1x64x1x1xf32>
  func.return %y : tensor<1x64x1x1xf32>
}

// CHECK-LABEL: func.func @softmax(%x: tensor<4x10xf32>) -> tensor<4x10xf32> {
// CHECK-NEXT:    %y = engine.softmax %x {axis = 1 : i64} : tensor<4x10xf32> -> tensor<4x10xf32>
// CHECK-NEXT:    func.return %y : tensor<4x10xf32>
// CHECK-NEXT:  }
func.func @softmax(%x: tensor<4x10xf32>) -> tensor<4x10xf32> {
  %y = engine.softmax %x {axis = 1 : i64} : tensor<4x10xf32> -> tensor<4x10xf32>
  func.return %y : tensor<4x10xf32>
}

// CHECK-LABEL: func.func @norm(%x: tensor<1x128x256xf32>, %g: tensor<256xf32>, %b: tensor<256xf32>) -> tensor<1x128x256xf32> {
// CHECK-NEXT:    %y = engine.norm %x scale(%g : tensor<256xf32>) bias(%b : tensor<256xf32>) {kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<1x128x256xf32> -> tensor<1x128x256xf32>
// CHECK-NEXT:    func.return %y : tensor<1x128x256xf32>
// CHECK-NEXT:  }
func.func @norm(%x: tensor<1x128x256xf32>, %g: tensor<256xf32>, %b: tensor<256xf32>) -> tensor<1x128x256xf32> {
  %y = engine.norm %x scale(%g : tensor<256xf32>) bias(%b : tensor<256xf32>) {kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<1x128x256xf32> -> tensor<1x128x256xf32>
  func.return %y : tensor<1x128x256xf32>
}

// CHECK-LABEL: func.func @pool(%x: tensor<1x64x112x112xf32>) -> tensor<1x64x56x56xf32> {
// CHECK-NEXT:    %y = engine.pool %x {kind = "max", kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>} : tensor<1x64x112x112xf32> -> tensor<1x64x56x56xf32>
// CHECK-NEXT:    func.return %y : tensor<1x64x56x56xf32>
// CHECK-NEXT:  }
func.func @pool(%x: tensor<1x64x112x112xf32>) -> tensor<1x64x56x56xf32> {
  %y = engine.pool %x {kind = "max", kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>} : tensor<1x64x112x112xf32> -> tensor<1x64x56x56xf32>
  func.return %y : tensor<1x64x56x56xf32>
}

// CHECK-LABEL: func.func @resize(%x: tensor<1x8x4x4xf32>) -> tensor<1x8x8x8xf32> {
// CHECK-NEXT:    %y = engine.resize %x {mode = "nearest", coordinates = "asymmetric", rounding = "floor", scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00>, cubic_coefficient = -7.500000e-01 : f64} : tensor<1x8x4x4xf32> -> tensor<1x8x8x8xf32>
// CHECK-NEXT:    func.return %y : tensor<1x8x8x8xf32>
// CHECK-NEXT:  }
func.func @resize(%x: tensor<1x8x4x4xf32>) -> tensor<1x8x8x8xf32> {
  %y = engine.resize %x {mode = "nearest", coordinates = "asymmetric", rounding = "floor", scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00>, cubic_coefficient = -7.500000e-01 : f64} : tensor<1x8x4x4xf32> -> tensor<1x8x8x8xf32>
  func.return %y : tensor<1x8x8x8xf32>
}

// CHECK-LABEL: func.func @recurrence(%g: tensor<5x1x8xf32>, %r: tensor<8x8xf32>, %h0: tensor<1x8xf32>) -> (tensor<5x1x8xf32>, tensor<1x8xf32>) {
// CHECK-NEXT:    %ys, %h1 = engine.recurrence %g, %r init(%h0 : tensor<1x8xf32>) : tensor<5x1x8xf32>, tensor<8x8xf32> -> tensor<5x1x8xf32>, tensor<1x8xf32> {
// CHECK-NEXT:    ^bb0(%x: f32, %hr: f32, %h: f32):
// CHECK-NEXT:      %0 = arith.addf %x, %hr : f32
// CHECK-NEXT:      %1 = math.tanh %0 : f32
// CHECK-NEXT:      engine.yield %1 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %ys, %h1 : tensor<5x1x8xf32>, tensor<1x8xf32>
// CHECK-NEXT:  }
func.func @recurrence(%g: tensor<5x1x8xf32>, %r: tensor<8x8xf32>, %h0: tensor<1x8xf32>) -> (tensor<5x1x8xf32>, tensor<1x8xf32>) {
  %ys, %h1 = engine.recurrence %g, %r init(%h0 : tensor<1x8xf32>) : tensor<5x1x8xf32>, tensor<8x8xf32> -> tensor<5x1x8xf32>, tensor<1x8xf32> {
  ^bb0(%x: f32, %hr: f32, %h: f32):
    %0 = arith.addf %x, %hr : f32
    %1 = math.tanh %0 : f32
    engine.yield %1 : f32
  }
  func.return %ys, %h1 : tensor<5x1x8xf32>, tensor<1x8xf32>
}

// Data movement. A size that is not known is `?`.

// CHECK-LABEL: func.func @movement(%x: tensor<2x3x4xf32>, %t: tensor<100x8xf32>, %ids: tensor<1x4xi64>) -> tensor<?xf32> {
// CHECK-NEXT:    %c = engine.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32> -> tensor<2xf32>
// CHECK-NEXT:    %w = engine.constant #engine.weight<"fc.weight", "ece7a3fb14a5ec32ece7a3fb14a5ec32", tensor<64x32xf32>> -> tensor<64x32xf32>
// CHECK-NEXT:    %r = engine.reshape %x : tensor<2x3x4xf32> -> tensor<6x4xf32>
// CHECK-NEXT:    %tr = engine.transpose %x {perm = array<i64: 0, 2, 1>} : tensor<2x3x4xf32> -> tensor<2x4x3xf32>
// CHECK-NEXT:    %b = engine.broadcast %c : tensor<2xf32> -> tensor<3x2xf32>
// CHECK-NEXT:    %s = engine.slice %r {starts = array<i64: 5, 0>, sizes = array<i64: 3, 2>, steps = array<i64: -2, 2>} : tensor<6x4xf32> -> tensor<3x2xf32>
// CHECK-NEXT:    %j = engine.concat %b, %s {axis = 1 : i64} : tensor<3x2xf32>, tensor<3x2xf32> -> tensor<3x4xf32>
// CHECK-NEXT:    %p = engine.pad %j {low = array<i64: 1, 0>, high = array<i64: 0, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<3x4xf32> -> tensor<4x5xf32>
// CHECK-NEXT:    %g = engine.gather %t, %ids {axis = 0 : i64} : tensor<100x8xf32>, tensor<1x4xi64> -> tensor<1x4x8xf32>
// CHECK-NEXT:    %d = engine.reshape %g : tensor<1x4x8xf32> -> tensor<?xf32>
// CHECK-NEXT:    func.return %d : tensor<?xf32>
// CHECK-NEXT:  }
func.func @movement(%x: tensor<2x3x4xf32>, %t: tensor<100x8xf32>, %ids: tensor<1x4xi64>) -> tensor<?xf32> {
  %c = engine.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32> -> tensor<2xf32>
  %w = engine.constant #engine.weight<"fc.weight", "ece7a3fb14a5ec32ece7a3fb14a5ec32", tensor<64x32xf32>> -> tensor<64x32xf32>
  %r = engine.reshape %x : tensor<2x3x4xf32> -> tensor<6x4xf32>
  %tr = engine.transpose %x {perm = array<i64: 0, 2, 1>} : tensor<2x3x4xf32> -> tensor<2x4x3xf32>
  %b = engine.broadcast %c : tensor<2xf32> -> tensor<3x2xf32>
  %s = engine.slice %r {starts = array<i64: 5, 0>, sizes = array<i64: 3, 2>, steps = array<i64: -2, 2>} : tensor<6x4xf32> -> tensor<3x2xf32>
  %j = engine.concat %b, %s {axis = 1 : i64} : tensor<3x2xf32>, tensor<3x2xf32> -> tensor<3x4xf32>
  %p = engine.pad %j {low = array<i64: 1, 0>, high = array<i64: 0, 1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<3x4xf32> -> tensor<4x5xf32>
  %g = engine.gather %t, %ids {axis = 0 : i64} : tensor<100x8xf32>, tensor<1x4xi64> -> tensor<1x4x8xf32>
  %d = engine.reshape %g : tensor<1x4x8xf32> -> tensor<?xf32>
  func.return %d : tensor<?xf32>
}

// CHECK-LABEL: func.func @scatter(%x: tensor<8x4xf32>, %i: tensor<2x1xi64>, %u: tensor<2x4xf32>) -> tensor<8x4xf32> {
// CHECK-NEXT:    %y = engine.scatter %x, %i, %u {reduction = "none"} : tensor<8x4xf32>, tensor<2x1xi64>, tensor<2x4xf32> -> tensor<8x4xf32>
// CHECK-NEXT:    func.return %y : tensor<8x4xf32>
// CHECK-NEXT:  }
func.func @scatter(%x: tensor<8x4xf32>, %i: tensor<2x1xi64>, %u: tensor<2x4xf32>) -> tensor<8x4xf32> {
  %y = engine.scatter %x, %i, %u {reduction = "none"} : tensor<8x4xf32>, tensor<2x1xi64>, tensor<2x4xf32> -> tensor<8x4xf32>
  func.return %y : tensor<8x4xf32>
}

// Control.

// CHECK-LABEL: func.func @control(%c: tensor<i1>, %a: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
// CHECK-NEXT:    %y = engine.if %c : tensor<i1> -> tensor<4xf32> {
// CHECK-NEXT:      engine.yield %a : tensor<4xf32>
// CHECK-NEXT:    } else {
// CHECK-NEXT:      engine.yield %b : tensor<4xf32>
// CHECK-NEXT:    }
// CHECK-NEXT:    %z = engine.while %c iter(%y : tensor<4xf32>) : tensor<i1> -> tensor<4xf32> {
// CHECK-NEXT:    ^bb0(%v: tensor<4xf32>):
// CHECK-NEXT:      engine.yield %c, %v : tensor<i1>, tensor<4xf32>
// CHECK-NEXT:    }
// CHECK-NEXT:    %h = engine.host(%z) : (tensor<4xf32>) -> tensor<4xf32> {
// CHECK-NEXT:    ^bb0(%u: tensor<4xf32>):
// CHECK-NEXT:      %s = onnx.Selu(%u) {nodes = ["/act/Selu"]} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK-NEXT:      engine.yield %s : tensor<4xf32>
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %h : tensor<4xf32>
// CHECK-NEXT:  }
func.func @control(%c: tensor<i1>, %a: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
  %y = engine.if %c : tensor<i1> -> tensor<4xf32> {
    engine.yield %a : tensor<4xf32>
  } else {
    engine.yield %b : tensor<4xf32>
  }
  %z = engine.while %c iter(%y : tensor<4xf32>) : tensor<i1> -> tensor<4xf32> {
  ^bb0(%v: tensor<4xf32>):
    engine.yield %c, %v : tensor<i1>, tensor<4xf32>
  }
  %h = engine.host(%z) : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%u: tensor<4xf32>):
    %s = onnx.Selu(%u) {nodes = ["/act/Selu"]} : (tensor<4xf32>) -> tensor<4xf32>
    engine.yield %s : tensor<4xf32>
  }
  func.return %h : tensor<4xf32>
}

// Provenance is kept on every operation.

// CHECK-LABEL: func.func @provenance(%x: tensor<4xf32>) -> tensor<4xf32> {
// CHECK-NEXT:    %y = engine.softmax %x {nodes = ["/head/Softmax"], rewrites = ["merge-softmax"], axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
// CHECK-NEXT:    func.return %y : tensor<4xf32>
// CHECK-NEXT:  }
func.func @provenance(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = engine.softmax %x {nodes = ["/head/Softmax"], rewrites = ["merge-softmax"], axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// Level 3: the types say how tensors lie.

// CHECK-LABEL: func.func @laid_out(%x: tensor<1x64x8x8xf32>, %w: tensor<32x64x1x1xf32, #engine.layout<"ABcd16b32a">>) -> tensor<1x32x8x8xf32, #engine.layout<"aBcd16b">> {
// CHECK-NEXT:    %b = engine.relayout %x : tensor<1x64x8x8xf32> -> tensor<1x64x8x8xf32, #engine.layout<"aBcd16b">>
// CHECK-NEXT:    %y = engine.conv %b, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x64x8x8xf32, #engine.layout<"aBcd16b">>, tensor<32x64x1x1xf32, #engine.layout<"ABcd16b32a">> -> tensor<1x32x8x8xf32, #engine.layout<"aBcd16b">>
// CHECK-NEXT:    func.return %y : tensor<1x32x8x8xf32, #engine.layout<"aBcd16b">>
// CHECK-NEXT:  }
func.func @laid_out(%x: tensor<1x64x8x8xf32>, %w: tensor<32x64x1x1xf32, #engine.layout<"ABcd16b32a">>) -> tensor<1x32x8x8xf32, #engine.layout<"aBcd16b">> {
  %b = engine.relayout %x : tensor<1x64x8x8xf32> -> tensor<1x64x8x8xf32, #engine.layout<"aBcd16b">>
  %y = engine.conv %b, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x64x8x8xf32, #engine.layout<"aBcd16b">>, tensor<32x64x1x1xf32, #engine.layout<"ABcd16b32a">> -> tensor<1x32x8x8xf32, #engine.layout<"aBcd16b">>
  func.return %y : tensor<1x32x8x8xf32, #engine.layout<"aBcd16b">>
}

// Level 4: results are written into views of one arena.

// CHECK-LABEL: func.func @planned(%arena: memref<65536xi8>, %x: memref<4x8xf32>, %y: memref<4x8xf32>) attributes {input_names = ["x"], output_names = ["y"]} {
// CHECK-NEXT:    %t = engine.view %arena {offset = 4096 : i64} : memref<65536xi8> -> memref<4x8xf32>
// CHECK-NEXT:    engine.map ins(%x : memref<4x8xf32>) outs(%t : memref<4x8xf32>) {
// CHECK-NEXT:    ^bb0(%a: f32):
// CHECK-NEXT:      %0 = math.exp %a : f32
// CHECK-NEXT:      engine.yield %0 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    engine.softmax %t outs(%y : memref<4x8xf32>) {axis = 1 : i64} : memref<4x8xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
func.func @planned(%arena: memref<65536xi8>, %x: memref<4x8xf32>, %y: memref<4x8xf32>) attributes {input_names = ["x"], output_names = ["y"]} {
  %t = engine.view %arena {offset = 4096 : i64} : memref<65536xi8> -> memref<4x8xf32>
  engine.map ins(%x : memref<4x8xf32>) outs(%t : memref<4x8xf32>) {
  ^bb0(%a: f32):
    %0 = math.exp %a : f32
    engine.yield %0 : f32
  }
  engine.softmax %t outs(%y : memref<4x8xf32>) {axis = 1 : i64} : memref<4x8xf32>
  func.return
}
