// RUN: opt-tool %s --split-input-file -p 'narrow-contractions{precision=bf16 target=x86-64-v4-bf16}' | filecheck %s
// RUN: opt-tool %s --split-input-file -p 'narrow-contractions{precision=bf16 target=x86-64-v3}' | filecheck %s --check-prefix=V3
// RUN: opt-tool %s --split-input-file -p narrow-contractions | filecheck %s --check-prefix=F32

// Many rows: both sides are rounded, where there are instructions for it.
func.func @rows(%x: tensor<64x128xf32>, %b: tensor<128xf32>) -> tensor<64x128xf32> {
  %w = engine.constant dense<0.3> : tensor<128x128xf32> -> tensor<128x128xf32>
  %y = engine.matmul %x, %w epilogue(%b : tensor<128xf32>) : tensor<64x128xf32>, tensor<128x128xf32> -> tensor<64x128xf32> {
  ^bb0(%acc: f32, %bias: f32):
    %0 = arith.addf %acc, %bias : f32
    engine.yield %0 : f32
  }
  func.return %y : tensor<64x128xf32>
}

// CHECK-LABEL: func.func @rows
// CHECK:       engine.coded_matmul %x, %{{.*}} epilogue(%b : tensor<128xf32>) {{.*}}lhs_codes = bf16} : tensor<64x128xf32>, tensor<128x128xbf16>
// V3-LABEL:    func.func @rows
// V3:          engine.matmul
// F32-LABEL:   func.func @rows
// F32:         engine.matmul

// -----

// One row: the weight alone, on every target.
func.func @row(%x: tensor<1x128xf32>) -> tensor<1x128xf32> {
  %w = engine.constant dense<0.3> : tensor<128x128xf32> -> tensor<128x128xf32>
  %y = engine.matmul %x, %w : tensor<1x128xf32>, tensor<128x128xf32> -> tensor<1x128xf32>
  func.return %y : tensor<1x128xf32>
}

// CHECK-LABEL: func.func @row
// CHECK:       engine.coded_matmul
// CHECK-NOT:   lhs_codes
// CHECK:       func.return
// V3-LABEL:    func.func @row
// V3:          engine.coded_matmul

// -----

// Two computed sides, and what is rounded to integers, stay f32.
func.func @others(%x: tensor<64x128xf32>, %v: tensor<128x128xf32>) -> (tensor<64x128xf32>, tensor<64x128xi32>) {
  %w = engine.constant dense<0.3> : tensor<128x128xf32> -> tensor<128x128xf32>
  %y = engine.matmul %x, %v : tensor<64x128xf32>, tensor<128x128xf32> -> tensor<64x128xf32>
  %z = engine.matmul %x, %w : tensor<64x128xf32>, tensor<128x128xf32> -> tensor<64x128xi32> {
  ^bb0(%acc: f32):
    %0 = math.roundeven %acc : f32
    %1 = arith.fptosi %0 : f32 to i32
    engine.yield %1 : i32
  }
  func.return %y, %z : tensor<64x128xf32>, tensor<64x128xi32>
}

// CHECK-LABEL: func.func @others
// CHECK-NOT:   coded_matmul
// CHECK:       func.return
