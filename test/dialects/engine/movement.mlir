// RUN: %roundtrip
// RUN: %generic_roundtrip

// Constants and data movement.

// Small constants are written out, large ones by name and digest; a layout says how one is stored.
// CHECK-LABEL:  func.func @constant() -> (tensor<2xf32>, tensor<100x50xf32>, tensor<100x50xf32, #engine.layout<"Ba48b">>) {
// CHECK-NEXT:    %0 = engine.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32> -> tensor<2xf32>
// CHECK-NEXT:    %1 = engine.constant #engine.weight<"fc.weight", "00ff", tensor<100x50xf32>> -> tensor<100x50xf32>
// CHECK-NEXT:    %2 = engine.constant #engine.weight<"fc.weight", "00ff", tensor<100x50xf32>> -> tensor<100x50xf32, #engine.layout<"Ba48b">>
// CHECK-NEXT:    func.return %0, %1, %2 : tensor<2xf32>, tensor<100x50xf32>, tensor<100x50xf32, #engine.layout<"Ba48b">>
// CHECK-NEXT:    }
func.func @constant() -> (tensor<2xf32>, tensor<100x50xf32>, tensor<100x50xf32, #engine.layout<"Ba48b">>) {
  %0 = engine.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32> -> tensor<2xf32>
  %1 = engine.constant #engine.weight<"fc.weight", "00ff", tensor<100x50xf32>> -> tensor<100x50xf32>
  %2 = engine.constant #engine.weight<"fc.weight", "00ff", tensor<100x50xf32>> -> tensor<100x50xf32, #engine.layout<"Ba48b">>
  func.return %0, %1, %2 : tensor<2xf32>, tensor<100x50xf32>, tensor<100x50xf32, #engine.layout<"Ba48b">>
}

// CHECK-LABEL:  func.func @views(%x: tensor<2x3x4xf32>) -> (tensor<6x4xf32>, tensor<4x2x3xf32>, tensor<1x2x2xf32>, tensor<5x2x3x4xf32>) {
// CHECK-NEXT:    %0 = engine.reshape %x : tensor<2x3x4xf32> -> tensor<6x4xf32>
// CHECK-NEXT:    %1 = engine.transpose %x {perm = array<i64: 2, 0, 1>} : tensor<2x3x4xf32> -> tensor<4x2x3xf32>
// CHECK-NEXT:    %2 = engine.slice %x {starts = array<i64: 1, 0, 3>, sizes = array<i64: 1, 2, 2>, steps = array<i64: 1, 2, -2>} : tensor<2x3x4xf32> -> tensor<1x2x2xf32>
// CHECK-NEXT:    %3 = engine.broadcast %x : tensor<2x3x4xf32> -> tensor<5x2x3x4xf32>
// CHECK-NEXT:    func.return %0, %1, %2, %3 : tensor<6x4xf32>, tensor<4x2x3xf32>, tensor<1x2x2xf32>, tensor<5x2x3x4xf32>
// CHECK-NEXT:    }
func.func @views(%x: tensor<2x3x4xf32>) -> (tensor<6x4xf32>, tensor<4x2x3xf32>, tensor<1x2x2xf32>, tensor<5x2x3x4xf32>) {
  %0 = engine.reshape %x : tensor<2x3x4xf32> -> tensor<6x4xf32>
  %1 = engine.transpose %x {perm = array<i64: 2, 0, 1>} : tensor<2x3x4xf32> -> tensor<4x2x3xf32>
  %2 = engine.slice %x {starts = array<i64: 1, 0, 3>, sizes = array<i64: 1, 2, 2>, steps = array<i64: 1, 2, -2>} : tensor<2x3x4xf32> -> tensor<1x2x2xf32>
  %3 = engine.broadcast %x : tensor<2x3x4xf32> -> tensor<5x2x3x4xf32>
  func.return %0, %1, %2, %3 : tensor<6x4xf32>, tensor<4x2x3xf32>, tensor<1x2x2xf32>, tensor<5x2x3x4xf32>
}

// CHECK-LABEL:  func.func @concat_pad(%x: tensor<2x3xf32>, %y: tensor<2x5xf32>, %u: tensor<2x3xui8>) -> (tensor<2x8xf32>, tensor<4x2xf32>, tensor<2x5xf32>, tensor<2x4xui8>) {
// CHECK-NEXT:    %0 = engine.concat %x, %y {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x5xf32> -> tensor<2x8xf32>
// CHECK-NEXT:    %1 = engine.pad %x {low = array<i64: 1, 0>, high = array<i64: 1, -1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<2x3xf32> -> tensor<4x2xf32>
// CHECK-NEXT:    %2 = engine.pad %x {low = array<i64: 0, 1>, high = array<i64: 0, 1>, mode = "reflect", value = 0.000000e+00 : f32} : tensor<2x3xf32> -> tensor<2x5xf32>
// CHECK-NEXT:    %3 = engine.pad %u {low = array<i64: 0, 1>, high = array<i64: 0, 0>, mode = "constant", value = -1 : i8} : tensor<2x3xui8> -> tensor<2x4xui8>
// CHECK-NEXT:    func.return %0, %1, %2, %3 : tensor<2x8xf32>, tensor<4x2xf32>, tensor<2x5xf32>, tensor<2x4xui8>
// CHECK-NEXT:    }
func.func @concat_pad(%x: tensor<2x3xf32>, %y: tensor<2x5xf32>, %u: tensor<2x3xui8>) -> (tensor<2x8xf32>, tensor<4x2xf32>, tensor<2x5xf32>, tensor<2x4xui8>) {
  %0 = engine.concat %x, %y {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x5xf32> -> tensor<2x8xf32>
  %1 = engine.pad %x {low = array<i64: 1, 0>, high = array<i64: 1, -1>, mode = "constant", value = 0.000000e+00 : f32} : tensor<2x3xf32> -> tensor<4x2xf32>
  %2 = engine.pad %x {low = array<i64: 0, 1>, high = array<i64: 0, 1>, mode = "reflect", value = 0.000000e+00 : f32} : tensor<2x3xf32> -> tensor<2x5xf32>
  %3 = engine.pad %u {low = array<i64: 0, 1>, high = array<i64: 0, 0>, mode = "constant", value = -1 : i8} : tensor<2x3xui8> -> tensor<2x4xui8>
  func.return %0, %1, %2, %3 : tensor<2x8xf32>, tensor<4x2xf32>, tensor<2x5xf32>, tensor<2x4xui8>
}

// CHECK-LABEL:  func.func @indexed(%x: tensor<8x4xf32>, %i: tensor<2x3xi64>, %j: tensor<2x1xi64>, %u: tensor<2x4xf32>) -> (tensor<2x3x4xf32>, tensor<8x4xf32>) {
// CHECK-NEXT:    %0 = engine.gather %x, %i {axis = 0 : i64} : tensor<8x4xf32>, tensor<2x3xi64> -> tensor<2x3x4xf32>
// CHECK-NEXT:    %1 = engine.scatter %x, %j, %u {reduction = "add"} : tensor<8x4xf32>, tensor<2x1xi64>, tensor<2x4xf32> -> tensor<8x4xf32>
// CHECK-NEXT:    func.return %0, %1 : tensor<2x3x4xf32>, tensor<8x4xf32>
// CHECK-NEXT:    }
func.func @indexed(%x: tensor<8x4xf32>, %i: tensor<2x3xi64>, %j: tensor<2x1xi64>, %u: tensor<2x4xf32>) -> (tensor<2x3x4xf32>, tensor<8x4xf32>) {
  %0 = engine.gather %x, %i {axis = 0 : i64} : tensor<8x4xf32>, tensor<2x3xi64> -> tensor<2x3x4xf32>
  %1 = engine.scatter %x, %j, %u {reduction = "add"} : tensor<8x4xf32>, tensor<2x1xi64>, tensor<2x4xf32> -> tensor<8x4xf32>
  func.return %0, %1 : tensor<2x3x4xf32>, tensor<8x4xf32>
}

// CHECK-LABEL:  func.func @layouts(%x: tensor<1x20x8x8xf32>) -> tensor<1x20x8x8xf32, #engine.layout<"aBcd16b">> {
// CHECK-NEXT:    %0 = engine.relayout %x : tensor<1x20x8x8xf32> -> tensor<1x20x8x8xf32, #engine.layout<"aBcd16b">>
// CHECK-NEXT:    func.return %0 : tensor<1x20x8x8xf32, #engine.layout<"aBcd16b">>
// CHECK-NEXT:    }
func.func @layouts(%x: tensor<1x20x8x8xf32>) -> tensor<1x20x8x8xf32, #engine.layout<"aBcd16b">> {
  %0 = engine.relayout %x : tensor<1x20x8x8xf32> -> tensor<1x20x8x8xf32, #engine.layout<"aBcd16b">>
  func.return %0 : tensor<1x20x8x8xf32, #engine.layout<"aBcd16b">>
}

// CHECK-LABEL:  func.func @shuffle(%x: tensor<1x20x8x8xf32>) -> tensor<1x20x8x8xf32> {
// CHECK-NEXT:    %0 = engine.shuffle %x {groups = 4 : i64} : tensor<1x20x8x8xf32> -> tensor<1x20x8x8xf32>
// CHECK-NEXT:    func.return %0 : tensor<1x20x8x8xf32>
// CHECK-NEXT:    }
func.func @shuffle(%x: tensor<1x20x8x8xf32>) -> tensor<1x20x8x8xf32> {
  %0 = engine.shuffle %x {groups = 4 : i64} : tensor<1x20x8x8xf32> -> tensor<1x20x8x8xf32>
  func.return %0 : tensor<1x20x8x8xf32>
}

// CHECK-LABEL:  func.func @resize(%x: tensor<1x8x4x4xf32>) -> tensor<1x8x8x6xf32> {
// CHECK-NEXT:    %0 = engine.resize %x {mode = "linear", coordinates = "half_pixel", rounding = "floor", scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 1.500000e+00>, cubic_coefficient = -7.500000e-01 : f64} : tensor<1x8x4x4xf32> -> tensor<1x8x8x6xf32>
// CHECK-NEXT:    func.return %0 : tensor<1x8x8x6xf32>
// CHECK-NEXT:    }
func.func @resize(%x: tensor<1x8x4x4xf32>) -> tensor<1x8x8x6xf32> {
  %0 = engine.resize %x {mode = "linear", coordinates = "half_pixel", rounding = "floor", scales = array<f64: 1.000000e+00, 1.000000e+00, 2.000000e+00, 1.500000e+00>, cubic_coefficient = -7.500000e-01 : f64} : tensor<1x8x4x4xf32> -> tensor<1x8x8x6xf32>
  func.return %0 : tensor<1x8x8x6xf32>
}

// Level 4: buffers are typed views at offsets of one arena, of a whole or of a part.
// CHECK-LABEL:  func.func @planned(%arena: memref<4096xi8>) {
// CHECK-NEXT:    %a = engine.view %arena {offset = 0 : i64} : memref<4096xi8> -> memref<2x3xf32>
// CHECK-NEXT:    %b = engine.view %arena {offset = 64 : i64} : memref<4096xi8> -> memref<2x20x2x2xf32, #engine.layout<"aBcd16b">>
// CHECK-NEXT:    %c = engine.view %arena {offset = 1024 : i64} : memref<4096xi8> -> memref<2x3xf32, #engine.layout<"ab", [8, 1]>>
// CHECK-NEXT:    engine.relayout %a outs(%c : memref<2x3xf32, #engine.layout<"ab", [8, 1]>>) : memref<2x3xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:    }
func.func @planned(%arena: memref<4096xi8>) {
  %a = engine.view %arena {offset = 0 : i64} : memref<4096xi8> -> memref<2x3xf32>
  %b = engine.view %arena {offset = 64 : i64} : memref<4096xi8> -> memref<2x20x2x2xf32, #engine.layout<"aBcd16b">>
  %c = engine.view %arena {offset = 1024 : i64} : memref<4096xi8> -> memref<2x3xf32, #engine.layout<"ab", [8, 1]>>
  engine.relayout %a outs(%c : memref<2x3xf32, #engine.layout<"ab", [8, 1]>>) : memref<2x3xf32>
  func.return
}
