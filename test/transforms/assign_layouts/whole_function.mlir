// RUN: opt-tool %s --split-input-file -p 'assign-layouts{target=x86-64-v4}' | filecheck %s

// The convolution far below decides how the sum is stored: converting its two small operands is
// cheaper than converting the sum, although row-major is what they come in.
func.func @ahead(%x: tensor<1x32x1x64xf32>, %y: tensor<1x32x64x1xf32>) -> tensor<1x32x62x62xf32> {
  %w = engine.constant dense<0.5> : tensor<32x32x3x3xf32> -> tensor<32x32x3x3xf32>
  %sum = engine.map ins(%x, %y : tensor<1x32x1x64xf32>, tensor<1x32x64x1xf32>) -> tensor<1x32x64x64xf32> {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %b : f32
    engine.yield %s : f32
  }
  %abs = engine.map ins(%sum : tensor<1x32x64x64xf32>) -> tensor<1x32x64x64xf32> {
  ^bb0(%a: f32):
    %s = math.absf %a : f32
    engine.yield %s : f32
  }
  %z = engine.conv %abs, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x32x64x64xf32>, tensor<32x32x3x3xf32> -> tensor<1x32x62x62xf32>
  func.return %z : tensor<1x32x62x62xf32>
}

// CHECK-LABEL: func.func @ahead
// CHECK-COUNT-2: engine.relayout {{.*}} -> tensor<1x32x{{1x64|64x1}}xf32, #engine.layout<"aBcd16b">>
// CHECK-NOT:     engine.relayout {{.*}}64x64
// CHECK:         engine.conv {{.*}} : tensor<1x32x64x64xf32, #engine.layout<"aBcd16b">>

// -----

// Two users want the rows, so the blocks of the convolution are converted once, for both.
func.func @shared(%x: tensor<1x32x8x8xf32>) -> (tensor<1x2048xf32>, tensor<1x32x64xf32>) {
  %w = engine.constant dense<0.5> : tensor<32x32x1x1xf32> -> tensor<32x32x1x1xf32>
  %y = engine.conv %x, %w {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x32x8x8xf32>, tensor<32x32x1x1xf32> -> tensor<1x32x8x8xf32>
  %a = engine.reshape %y : tensor<1x32x8x8xf32> -> tensor<1x2048xf32>
  %b = engine.reshape %y : tensor<1x32x8x8xf32> -> tensor<1x32x64xf32>
  func.return %a, %b : tensor<1x2048xf32>, tensor<1x32x64xf32>
}

// CHECK-LABEL: func.func @shared
// CHECK:         [[Y:%.*]] = engine.conv
// CHECK-NEXT:    [[ROWS:%.*]] = engine.relayout [[Y]]
// CHECK-NEXT:    engine.reshape [[ROWS]]
// CHECK-NEXT:    engine.reshape [[ROWS]]
// CHECK-NOT:     engine.relayout

// -----

// Near miss: nobody wants blocks, so nothing is converted.
func.func @rows(%x: tensor<1x32x8x8xf32>) -> tensor<1x32x8x8xf32> {
  %abs = engine.map ins(%x : tensor<1x32x8x8xf32>) -> tensor<1x32x8x8xf32> {
  ^bb0(%a: f32):
    %s = math.absf %a : f32
    engine.yield %s : f32
  }
  func.return %abs : tensor<1x32x8x8xf32>
}

// CHECK-LABEL: func.func @rows
// CHECK-NOT:     layout
