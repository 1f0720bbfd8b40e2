// RUN: opt-tool %s --split-input-file -p 'optimize{only=sum-of-scaled-codes exactness=rounding}' --check-numerics | filecheck %s

// A code and a residual in two scales become a code of a third: two multiply-adds.

func.func @residual(%x: tensor<4x512xui8>, %r: tensor<4x96xui8>) -> tensor<4x96xui8> {
  %w = engine.constant dense<1> : tensor<512x96xi8> -> tensor<512x96xi8>
  %y = engine.matmul %x, %w epilogue(%r : tensor<4x96xui8>) {accumulator = i32} : tensor<4x512xui8>, tensor<512x96xi8> -> tensor<4x96xui8> {
  ^bb0(%acc: i32, %res: i8):
    %m = arith.constant 0.00123 : f32
    %s = arith.constant 0.0647820681 : f32
    %t = arith.constant 0.0643605441 : f32
    %b = arith.constant 131.0 : f32
    %u = arith.constant 21.3062096 : f32
    %l = arith.constant 0.0 : f32
    %h = arith.constant 255.0 : f32
    %0 = arith.sitofp %acc : i32 to f32
    %1 = arith.mulf %0, %m : f32
    %2 = math.roundeven %1 : f32
    %3 = arith.mulf %2, %s : f32
    %4 = arith.uitofp %res : i8 to f32
    %5 = arith.subf %4, %b : f32
    %6 = arith.mulf %5, %t : f32
    %7 = arith.addf %3, %6 : f32
    %8 = arith.mulf %7, %u : f32
    %9 = arith.maximumf %8, %l : f32
    %10 = arith.minimumf %9, %h : f32
    %11 = math.roundeven %10 : f32
    %12 = arith.fptoui %11 : f32 to i8
    engine.yield %12 : i8
  }
  func.return %y : tensor<4x96xui8>
}

// CHECK-LABEL: func.func @residual
// CHECK: %[[X:.*]] = math.roundeven
// CHECK-NOT: arith.subf
// CHECK: %[[I:.*]] = math.fma %[[X]], %{{.*}}, %{{.*}} : f32
// CHECK: math.fma %{{.*}}, %{{.*}}, %[[I]] : f32
// CHECK-NEXT: arith.maximumf

// -----

// What is no code may be large, and its rounding counts.
func.func @near_miss_not_whole(%x: tensor<4x512xui8>, %r: tensor<4x96xui8>) -> tensor<4x96xui8> {
  %w = engine.constant dense<1> : tensor<512x96xi8> -> tensor<512x96xi8>
  %y = engine.matmul %x, %w epilogue(%r : tensor<4x96xui8>) {accumulator = i32} : tensor<4x512xui8>, tensor<512x96xi8> -> tensor<4x96xui8> {
  ^bb0(%acc: i32, %res: i8):
    %m = arith.constant 0.00123 : f32
    %s = arith.constant 0.0647820681 : f32
    %t = arith.constant 0.0643605441 : f32
    %b = arith.constant 131.0 : f32
    %u = arith.constant 21.3062096 : f32
    %l = arith.constant 0.0 : f32
    %h = arith.constant 255.0 : f32
    %0 = arith.sitofp %acc : i32 to f32
    %1 = arith.mulf %0, %m : f32
    %2 = arith.addf %1, %m : f32
    %3 = arith.mulf %2, %s : f32
    %4 = arith.uitofp %res : i8 to f32
    %5 = arith.subf %4, %b : f32
    %6 = arith.mulf %5, %t : f32
    %7 = arith.addf %3, %6 : f32
    %8 = arith.mulf %7, %u : f32
    %9 = arith.maximumf %8, %l : f32
    %10 = arith.minimumf %9, %h : f32
    %11 = math.roundeven %10 : f32
    %12 = arith.fptoui %11 : f32 to i8
    engine.yield %12 : i8
  }
  func.return %y : tensor<4x96xui8>
}

// CHECK-LABEL: func.func @near_miss_not_whole
// CHECK-NOT: math.fma

// -----

// The sum is read elsewhere as well.
func.func @near_miss_read_twice(%x: tensor<4x512xui8>, %r: tensor<4x96xui8>) -> tensor<4x96xui8> {
  %w = engine.constant dense<1> : tensor<512x96xi8> -> tensor<512x96xi8>
  %y = engine.matmul %x, %w epilogue(%r : tensor<4x96xui8>) {accumulator = i32} : tensor<4x512xui8>, tensor<512x96xi8> -> tensor<4x96xui8> {
  ^bb0(%acc: i32, %res: i8):
    %m = arith.constant 0.00123 : f32
    %s = arith.constant 0.0647820681 : f32
    %t = arith.constant 0.0643605441 : f32
    %b = arith.constant 131.0 : f32
    %u = arith.constant 21.3062096 : f32
    %l = arith.constant 0.0 : f32
    %h = arith.constant 255.0 : f32
    %0 = arith.sitofp %acc : i32 to f32
    %1 = arith.mulf %0, %m : f32
    %2 = math.roundeven %1 : f32
    %3 = arith.mulf %2, %s : f32
    %4 = arith.uitofp %res : i8 to f32
    %5 = arith.subf %4, %b : f32
    %6 = arith.mulf %5, %t : f32
    %7 = arith.addf %3, %6 : f32
    %70 = arith.mulf %7, %u : f32
    %8 = arith.addf %70, %7 : f32
    %9 = arith.maximumf %8, %l : f32
    %10 = arith.minimumf %9, %h : f32
    %11 = math.roundeven %10 : f32
    %12 = arith.fptoui %11 : f32 to i8
    engine.yield %12 : i8
  }
  func.return %y : tensor<4x96xui8>
}

// CHECK-LABEL: func.func @near_miss_read_twice
// CHECK-NOT: math.fma
