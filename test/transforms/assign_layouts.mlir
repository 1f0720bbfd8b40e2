// RUN: opt-tool %s --split-input-file -p 'assign-layouts{target=x86-64-v4}' | filecheck %s

// Convolutions get blocked channels, constants are stored in the layout they are read in, and a
// relayout is inserted where layouts differ.

// The second convolution reads what the first one wrote; only the ends are converted.
func.func @chain(%x: tensor<1x32x8x8xf32>) -> tensor<1x32x4x4xf32> {
  %w = engine.constant dense<0.5> : tensor<32x32x3x3xf32> -> tensor<32x32x3x3xf32>
  %y = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64, nodes = ["/conv"]} : tensor<1x32x8x8xf32>, tensor<32x32x3x3xf32> -> tensor<1x32x6x6xf32>
  %z = engine.conv %y, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64, nodes = ["/conv"]} : tensor<1x32x6x6xf32>, tensor<32x32x3x3xf32> -> tensor<1x32x4x4xf32>
  func.return %z : tensor<1x32x4x4xf32>
}

// CHECK-LABEL: func.func @chain
// CHECK-NEXT:    %{{.*}} = engine.relayout %{{.*}} {nodes = ["/conv"]} : tensor<1x32x8x8xf32> -> tensor<1x32x8x8xf32, #engine.layout<"aBcd16b">>
// CHECK-NEXT:    %{{.*}} = engine.constant dense<5.000000e-01> : tensor<32x32x3x3xf32> -> tensor<32x32x3x3xf32, #engine.layout<"ABcd16b32a">>
// CHECK-NEXT:    %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x32x8x8xf32, #engine.layout<"aBcd16b">>, tensor<32x32x3x3xf32, #engine.layout<"ABcd16b32a">> -> tensor<1x32x6x6xf32, #engine.layout<"aBcd16b">>
// CHECK-NEXT:    %{{.*}} = engine.conv %{{.*}}, %{{.*}} {nodes = ["/conv"], strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x32x6x6xf32, #engine.layout<"aBcd16b">>, tensor<32x32x3x3xf32, #engine.layout<"ABcd16b32a">> -> tensor<1x32x4x4xf32, #engine.layout<"aBcd16b">>
// CHECK-NEXT:    %{{.*}} = engine.relayout %{{.*}} {nodes = ["/conv"]} : tensor<1x32x4x4xf32, #engine.layout<"aBcd16b">> -> tensor<1x32x4x4xf32>
// CHECK-NEXT:    func.return %{{.*}} : tensor<1x32x4x4xf32>
// CHECK-NEXT:  }

// -----

// A transpose is another layout of the same bytes; the attention reads and writes through it.
func.func @heads(%q: tensor<1x128x4x64xf32>) -> tensor<1x128x256xf32> {
  %t = engine.transpose %q {perm = array<i64: 0, 2, 1, 3>} : tensor<1x128x4x64xf32> -> tensor<1x4x128x64xf32>
  %a = engine.attention %t, %t, %t {scale = 1.250000e-01 : f64} : tensor<1x4x128x64xf32>, tensor<1x4x128x64xf32>, tensor<1x4x128x64xf32> -> tensor<1x4x128x64xf32>
  %u = engine.transpose %a {perm = array<i64: 0, 2, 1, 3>} : tensor<1x4x128x64xf32> -> tensor<1x128x4x64xf32>
  %r = engine.reshape %u : tensor<1x128x4x64xf32> -> tensor<1x128x256xf32>
  func.return %r : tensor<1x128x256xf32>
}

// CHECK-LABEL: func.func @heads
// CHECK-NEXT:    %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 2, 1, 3>} : tensor<1x128x4x64xf32> -> tensor<1x4x128x64xf32, #engine.layout<"acbd">>
// CHECK-NEXT:    %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} {scale = 1.250000e-01 : f64} : tensor<1x4x128x64xf32, #engine.layout<"acbd">>, tensor<1x4x128x64xf32, #engine.layout<"acbd">>, tensor<1x4x128x64xf32, #engine.layout<"acbd">> -> tensor<1x4x128x64xf32, #engine.layout<"acbd">>
// CHECK-NEXT:    %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 0, 2, 1, 3>} : tensor<1x4x128x64xf32, #engine.layout<"acbd">> -> tensor<1x128x4x64xf32>
// CHECK-NEXT:    %{{.*}} = engine.reshape %{{.*}} : tensor<1x128x4x64xf32> -> tensor<1x128x256xf32>
// CHECK-NEXT:    func.return %{{.*}} : tensor<1x128x256xf32>
// CHECK-NEXT:  }

// -----

// The right-hand side of a matmul is packed into panels.
func.func @panels(%x: tensor<128x256xf32>) -> tensor<128x96xf32> {
  %w = engine.constant dense<0.5> : tensor<256x96xf32> -> tensor<256x96xf32>
  %y = engine.matmul %x, %w : tensor<128x256xf32>, tensor<256x96xf32> -> tensor<128x96xf32>
  func.return %y : tensor<128x96xf32>
}

// CHECK-LABEL: func.func @panels
// CHECK-NEXT:    %{{.*}} = engine.constant dense<5.000000e-01> : tensor<256x96xf32> -> tensor<256x96xf32, #engine.layout<"Ba48b">>
// CHECK-NEXT:    %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<128x256xf32>, tensor<256x96xf32, #engine.layout<"Ba48b">> -> tensor<128x96xf32>
// CHECK-NEXT:    func.return %{{.*}} : tensor<128x96xf32>
// CHECK-NEXT:  }
