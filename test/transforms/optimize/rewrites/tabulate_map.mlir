// RUN: opt-tool %s --split-input-file -p 'optimize{only=tabulate-map exactness=bitwise}' --check-numerics | filecheck %s

// What depends on one tensor of codes alone, and is a code, is looked up.

func.func @sigmoid(%x: tensor<2x5xi8>) -> tensor<2x5xui8> {
  %y = engine.map ins(%x : tensor<2x5xi8>) -> tensor<2x5xui8> {
  ^bb0(%a: i8):
    %s = arith.constant 0.05 : f32
    %one = arith.constant 1.0 : f32
    %t = arith.constant 255.0 : f32
    %0 = arith.sitofp %a : i8 to f32
    %1 = arith.mulf %0, %s : f32
    %2 = arith.negf %1 : f32
    %3 = math.exp %2 : f32
    %4 = arith.addf %3, %one : f32
    %5 = arith.divf %one, %4 : f32
    %6 = arith.mulf %5, %t : f32
    %7 = math.roundeven %6 : f32
    %8 = arith.fptoui %7 : f32 to i8
    engine.yield %8 : i8
  }
  func.return %y : tensor<2x5xui8>
}

// CHECK-LABEL: func.func @sigmoid
// CHECK: %[[T:.*]] = engine.constant {{.*}} -> tensor<256xui8>
// CHECK-NEXT: %y = engine.lookup %x, %[[T]] {rewrites = ["tabulate-map"]} : tensor<2x5xi8>, tensor<256xui8> -> tensor<2x5xui8>

// -----

// A formula in many nodes, with codes in between and numbers that are tensors of one element.
func.func @gelu(%x: tensor<3x4xui8>) -> tensor<3x4xui8> {
  %c = engine.constant dense<[0.5]> : tensor<1xf32> -> tensor<1xf32>
  %d = engine.map ins(%x : tensor<3x4xui8>) -> tensor<3x4xf32> {
  ^bb0(%a: i8):
    %s = arith.constant 0.04 : f32
    %z = arith.constant 120.0 : f32
    %0 = arith.uitofp %a : i8 to f32
    %1 = arith.subf %0, %z : f32
    %2 = arith.mulf %1, %s : f32
    engine.yield %2 : f32
  }
  %e = engine.map ins(%d : tensor<3x4xf32>) -> tensor<3x4xi8> {
  ^bb0(%b: f32):
    %h = arith.constant 100.0 : f32
    %3 = math.erf %b : f32
    %4 = arith.mulf %3, %h : f32
    %5 = math.roundeven %4 : f32
    %6 = arith.fptosi %5 : f32 to i8
    engine.yield %6 : i8
  }
  %y = engine.map ins(%d, %e, %c : tensor<3x4xf32>, tensor<3x4xi8>, tensor<1xf32>) -> tensor<3x4xui8> {
  ^bb0(%f: f32, %g: i8, %k: f32):
    %t = arith.constant 0.01 : f32
    %l = arith.constant 0.0 : f32
    %m = arith.constant 255.0 : f32
    %7 = arith.sitofp %g : i8 to f32
    %8 = arith.mulf %7, %t : f32
    %9 = arith.mulf %8, %f : f32
    %10 = arith.addf %9, %k : f32
    %11 = math.roundeven %10 : f32
    %12 = arith.maximumf %11, %l : f32
    %13 = arith.minimumf %12, %m : f32
    %14 = arith.fptoui %13 : f32 to i8
    engine.yield %14 : i8
  }
  func.return %y : tensor<3x4xui8>
}

// CHECK-LABEL: func.func @gelu
// CHECK-NOT: engine.map
// CHECK: engine.lookup %x, %{{.*}} : tensor<3x4xui8>, tensor<256xui8> -> tensor<3x4xui8>

// -----

// An intermediate result that is read elsewhere stays for who reads it.
func.func @read_twice(%x: tensor<7xui8>) -> (tensor<7xui8>, tensor<7xf32>) {
  %d = engine.map ins(%x : tensor<7xui8>) -> tensor<7xf32> {
  ^bb0(%a: i8):
    %0 = arith.uitofp %a : i8 to f32
    engine.yield %0 : f32
  }
  %y = engine.map ins(%d : tensor<7xf32>) -> tensor<7xui8> {
  ^bb0(%f: f32):
    %1 = math.sqrt %f : f32
    %2 = math.roundeven %1 : f32
    %3 = arith.fptoui %2 : f32 to i8
    engine.yield %3 : i8
  }
  func.return %y, %d : tensor<7xui8>, tensor<7xf32>
}

// CHECK-LABEL: func.func @read_twice
// CHECK: engine.map ins(%x : tensor<7xui8>) -> tensor<7xf32>
// CHECK: engine.lookup %x

// -----

// Instructions alone are as fast as a table, and fuse with what computes the codes.
func.func @near_miss_cheap(%x: tensor<7xui8>) -> tensor<7xui8> {
  %y = engine.map ins(%x : tensor<7xui8>) -> tensor<7xui8> {
  ^bb0(%a: i8):
    %s = arith.constant 0.5 : f32
    %0 = arith.uitofp %a : i8 to f32
    %1 = arith.mulf %0, %s : f32
    %2 = math.roundeven %1 : f32
    %3 = arith.fptoui %2 : f32 to i8
    engine.yield %3 : i8
  }
  func.return %y : tensor<7xui8>
}

// CHECK-LABEL: func.func @near_miss_cheap
// CHECK-NOT: engine.lookup

// -----

// Another operand varies.
func.func @near_miss_two_operands(%x: tensor<7xui8>, %c: tensor<7xf32>) -> tensor<7xui8> {
  %y = engine.map ins(%x, %c : tensor<7xui8>, tensor<7xf32>) -> tensor<7xui8> {
  ^bb0(%a: i8, %b: f32):
    %0 = arith.uitofp %a : i8 to f32
    %1 = math.sqrt %0 : f32
    %2 = arith.mulf %1, %b : f32
    %3 = math.roundeven %2 : f32
    %4 = arith.fptoui %3 : f32 to i8
    engine.yield %4 : i8
  }
  func.return %y : tensor<7xui8>
}

// CHECK-LABEL: func.func @near_miss_two_operands
// CHECK-NOT: engine.lookup

// -----

// The result is no code.
func.func @near_miss_numbers(%x: tensor<7xui8>) -> tensor<7xf32> {
  %y = engine.map ins(%x : tensor<7xui8>) -> tensor<7xf32> {
  ^bb0(%a: i8):
    %0 = arith.uitofp %a : i8 to f32
    %1 = math.sqrt %0 : f32
    engine.yield %1 : f32
  }
  func.return %y : tensor<7xf32>
}

// CHECK-LABEL: func.func @near_miss_numbers
// CHECK-NOT: engine.lookup

// -----

// Codes are repeated: there would be a table for the shorter tensor, and its result would be repeated.
func.func @near_miss_broadcast(%x: tensor<7xui8>, %c: tensor<2x7xui8>) -> tensor<2x7xui8> {
  %d = engine.map ins(%x, %c : tensor<7xui8>, tensor<2x7xui8>) -> tensor<2x7xui8> {
  ^bb0(%a: i8, %b: i8):
    %0 = arith.uitofp %a : i8 to f32
    %1 = math.sqrt %0 : f32
    %2 = math.roundeven %1 : f32
    %3 = arith.fptoui %2 : f32 to i8
    engine.yield %3 : i8
  }
  func.return %d : tensor<2x7xui8>
}

// CHECK-LABEL: func.func @near_miss_broadcast
// CHECK-NOT: engine.lookup
