// RUN: opt-tool %s --split-input-file -p 'optimize{only=multiply-add-to-code exactness=rounding}' --check-numerics | filecheck %s

// A sum of codes, scaled and with a bias, becomes a code: one instruction.

func.func @bias(%x: tensor<4x512xui8>, %b: tensor<96xf32>) -> tensor<4x96xi8> {
  %w = engine.constant dense<1> : tensor<512x96xi8> -> tensor<512x96xi8>
  %y = engine.matmul %x, %w epilogue(%b : tensor<96xf32>) {accumulator = i32} : tensor<4x512xui8>, tensor<512x96xi8> -> tensor<4x96xi8> {
  ^bb0(%acc: i32, %bias: f32):
    %s = arith.constant 0.00123 : f32
    %l = arith.constant -128.0 : f32
    %h = arith.constant 127.0 : f32
    %0 = arith.sitofp %acc : i32 to f32
    %1 = arith.mulf %0, %s : f32
    %8 = arith.addf %1, %bias : f32
    %9 = arith.maximumf %8, %l : f32
    %10 = arith.minimumf %9, %h : f32
    %11 = math.roundeven %10 : f32
    %12 = arith.fptosi %11 : f32 to i8
    engine.yield %12 : i8
  }
  func.return %y : tensor<4x96xi8>
}

// CHECK-LABEL: func.func @bias
// CHECK: %[[N:.*]] = arith.sitofp
// CHECK-NEXT: math.fma %[[N]], %{{.*}}, %{{.*}} : f32
// CHECK-NEXT: arith.maximumf

// -----

// Others read the product, and the sum is no code yet.
func.func @near_miss_read_twice(%x: tensor<4x512xui8>, %b: tensor<96xf32>) -> tensor<4x96xi8> {
  %w = engine.constant dense<1> : tensor<512x96xi8> -> tensor<512x96xi8>
  %y = engine.matmul %x, %w epilogue(%b : tensor<96xf32>) {accumulator = i32} : tensor<4x512xui8>, tensor<512x96xi8> -> tensor<4x96xi8> {
  ^bb0(%acc: i32, %bias: f32):
    %s = arith.constant 0.00123 : f32
    %l = arith.constant -128.0 : f32
    %h = arith.constant 127.0 : f32
    %0 = arith.sitofp %acc : i32 to f32
    %1 = arith.mulf %0, %s : f32
    %2 = arith.addf %1, %bias : f32
    %8 = arith.mulf %2, %1 : f32
    %9 = arith.maximumf %8, %l : f32
    %10 = arith.minimumf %9, %h : f32
    %11 = math.roundeven %10 : f32
    %12 = arith.fptosi %11 : f32 to i8
    engine.yield %12 : i8
  }
  func.return %y : tensor<4x96xi8>
}

// CHECK-LABEL: func.func @near_miss_read_twice
// CHECK-NOT: math.fma
