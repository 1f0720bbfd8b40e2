// RUN: %roundtrip
// RUN: %generic_roundtrip

// Elementwise computation: a scalar region over broadcast operands.

// Operands broadcast as in numpy.
// CHECK-LABEL:  func.func @map(%a: tensor<1x4x5x5xf32>, %b: tensor<4x1x1xf32>) -> tensor<1x4x5x5xf32> {
// CHECK-NEXT:    %y = engine.map ins(%a, %b : tensor<1x4x5x5xf32>, tensor<4x1x1xf32>) -> tensor<1x4x5x5xf32> {
// CHECK-NEXT:    ^bb0(%x: f32, %scale: f32):
// CHECK-NEXT:      %0 = arith.mulf %x, %scale : f32
// CHECK-NEXT:      engine.yield %0 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<1x4x5x5xf32>
// CHECK-NEXT:    }
func.func @map(%a: tensor<1x4x5x5xf32>, %b: tensor<4x1x1xf32>) -> tensor<1x4x5x5xf32> {
  %y = engine.map ins(%a, %b : tensor<1x4x5x5xf32>, tensor<4x1x1xf32>) -> tensor<1x4x5x5xf32> {
  ^bb0(%x: f32, %scale: f32):
    %0 = arith.mulf %x, %scale : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<1x4x5x5xf32>
}

// Regions know only signless integers; the tensor says that they are unsigned.
// CHECK-LABEL:  func.func @map_unsigned(%a: tensor<4xui8>, %b: tensor<4xui8>) -> tensor<4xui8> {
// CHECK-NEXT:    %y = engine.map ins(%a, %b : tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8> {
// CHECK-NEXT:    ^bb0(%x: i8, %z: i8):
// CHECK-NEXT:      %0 = arith.divui %x, %z : i8
// CHECK-NEXT:      engine.yield %0 : i8
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<4xui8>
// CHECK-NEXT:    }
func.func @map_unsigned(%a: tensor<4xui8>, %b: tensor<4xui8>) -> tensor<4xui8> {
  %y = engine.map ins(%a, %b : tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8> {
  ^bb0(%x: i8, %z: i8):
    %0 = arith.divui %x, %z : i8
    engine.yield %0 : i8
  }
  func.return %y : tensor<4xui8>
}

// The result may have another element type.
// CHECK-LABEL:  func.func @map_compare(%a: tensor<4xf32>) -> tensor<4xi1> {
// CHECK-NEXT:    %y = engine.map ins(%a : tensor<4xf32>) -> tensor<4xi1> {
// CHECK-NEXT:    ^bb0(%x: f32):
// CHECK-NEXT:      %zero = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:      %0 = arith.cmpf ogt, %x, %zero : f32
// CHECK-NEXT:      engine.yield %0 : i1
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<4xi1>
// CHECK-NEXT:    }
func.func @map_compare(%a: tensor<4xf32>) -> tensor<4xi1> {
  %y = engine.map ins(%a : tensor<4xf32>) -> tensor<4xi1> {
  ^bb0(%x: f32):
    %zero = arith.constant 0.000000e+00 : f32
    %0 = arith.cmpf ogt, %x, %zero : f32
    engine.yield %0 : i1
  }
  func.return %y : tensor<4xi1>
}

// Without operands it fills.
// CHECK-LABEL:  func.func @fill() -> tensor<4xf32> {
// CHECK-NEXT:    %y = engine.map -> tensor<4xf32> {
// CHECK-NEXT:      %one = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:      engine.yield %one : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %y : tensor<4xf32>
// CHECK-NEXT:    }
func.func @fill() -> tensor<4xf32> {
  %y = engine.map -> tensor<4xf32> {
    %one = arith.constant 1.000000e+00 : f32
    engine.yield %one : f32
  }
  func.return %y : tensor<4xf32>
}

// In place: the destination is an operand.
// CHECK-LABEL:  func.func @map_planned(%a: memref<4xf32>) {
// CHECK-NEXT:    engine.map ins(%a : memref<4xf32>) outs(%a : memref<4xf32>) {
// CHECK-NEXT:    ^bb0(%x: f32):
// CHECK-NEXT:      %0 = arith.negf %x : f32
// CHECK-NEXT:      engine.yield %0 : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return
// CHECK-NEXT:    }
func.func @map_planned(%a: memref<4xf32>) {
  engine.map ins(%a : memref<4xf32>) outs(%a : memref<4xf32>) {
  ^bb0(%x: f32):
    %0 = arith.negf %x : f32
    engine.yield %0 : f32
  }
  func.return
}
