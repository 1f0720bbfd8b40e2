func.func @main(%x: tensor<1x33x9x9xui8>, %w: tensor<8x33x3x3xi8>, %m: tensor<8x1x1xf32>) -> (tensor<1x8x7x7xi8>) {
  %y = engine.conv %x, %w epilogue(%m : tensor<8x1x1xf32>) {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64, accumulator = i32} : tensor<1x33x9x9xui8>, tensor<8x33x3x3xi8> -> tensor<1x8x7x7xi8> {
  ^bb0(%acc: i32, %factor: f32):
    %0 = arith.sitofp %acc : i32 to f32
    %1 = arith.mulf %0, %factor : f32
    %2 = math.roundeven %1 : f32
    %3 = arith.fptosi %2 : f32 to i8
    engine.yield %3 : i8
  }
  func.return %y : tensor<1x8x7x7xi8>
}
