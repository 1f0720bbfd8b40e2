// RUN: opt-tool %s --split-input-file -p keep-roundings --check-numerics | filecheck %s
// RUN: opt-tool %s --split-input-file -p 'keep-roundings{exactness=bitwise}' | filecheck %s --check-prefix=BITWISE
// RUN: opt-tool %s --split-input-file -p 'keep-roundings,lower-to-layout,lower-to-plan,lower-to-kernels{target=x86-64-v3}' | filecheck %s --check-prefix=KERNELS

// A product and a sum are rounded apart where an integer depends on the last digit: in the same
// region, which the kernel sees, and in another operation, which the mark says.

// The rounding stands behind a view.
func.func @main(%x: tensor<4x8xf32>) -> (tensor<8x4xi32>, tensor<4x8xf32>) {
  %a = engine.map ins(%x : tensor<4x8xf32>) -> tensor<4x8xf32> {
  ^bb0(%p: f32):
    %s = arith.constant 0.1 : f32
    %z = arith.constant 3.0 : f32
    %0 = arith.mulf %p, %s : f32
    %1 = arith.addf %0, %z : f32
    engine.yield %1 : f32
  }
  %t = engine.transpose %a {perm = array<i64: 1, 0>} : tensor<4x8xf32> -> tensor<8x4xf32>
  %r = engine.map ins(%t : tensor<8x4xf32>) -> tensor<8x4xi32> {
  ^bb0(%p: f32):
    %0 = arith.fptosi %p : f32 to i32
    engine.yield %0 : i32
  }
  func.return %r, %a : tensor<8x4xi32>, tensor<4x8xf32>
}

// CHECK: func.func @main
// CHECK:         engine.map ins(%{{.*}} : tensor<4x8xf32>) attributes {keeps_roundings}
// CHECK:         engine.map ins(%{{.*}} : tensor<8x4xf32>) -> tensor<8x4xi32>
// KERNELS:       arith.mulf %{{.*}}, %{{.*}} : vector<8xf32>
// KERNELS:       arith.addf %{{.*}}, %{{.*}} : vector<8xf32>

// -----

func.func @main(%x: tensor<32xf32>) -> tensor<32xf32> {
  %a = engine.map ins(%x : tensor<32xf32>) -> tensor<32xf32> {
  ^bb0(%p: f32):
    %s = arith.constant 0.1 : f32
    %z = arith.constant 3.0 : f32
    %0 = arith.mulf %p, %s : f32
    %1 = arith.addf %0, %z : f32
    %2 = math.roundeven %1 : f32
    %3 = arith.mulf %2, %s : f32
    %4 = arith.addf %3, %z : f32
    engine.yield %4 : f32
  }
  func.return %a : tensor<32xf32>
}

// CHECK: func.func @main
// CHECK-NOT:     keeps_roundings
// KERNELS:       arith.mulf %{{.*}}, %{{.*}} : vector<8xf32>
// KERNELS:       arith.addf %{{.*}}, %{{.*}} : vector<8xf32>
// KERNELS:       arith.mulf %{{.*}}, %{{.*}} fastmath<contract> : vector<8xf32>
// KERNELS:       arith.addf %{{.*}}, %{{.*}} fastmath<contract> : vector<8xf32>

// -----

// Nothing is rounded to integers.
func.func @main(%x: tensor<32xf32>) -> tensor<32xf32> {
  %a = engine.map ins(%x : tensor<32xf32>) -> tensor<32xf32> {
  ^bb0(%p: f32):
    %s = arith.constant 0.1 : f32
    %z = arith.constant 3.0 : f32
    %0 = arith.mulf %p, %s : f32
    %1 = arith.addf %0, %z : f32
    engine.yield %1 : f32
  }
  func.return %a : tensor<32xf32>
}

// CHECK: func.func @main
// CHECK-NOT:     keeps_roundings
// BITWISE: func.func @main
// BITWISE:       keeps_roundings
// KERNELS:       arith.mulf %{{.*}}, %{{.*}} fastmath<contract> : vector<8xf32>
