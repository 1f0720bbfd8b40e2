// One program on its way down the levels. --run gives the same numbers on each, and
// --check-numerics sees nothing move on the way.

// RUN: opt-tool %s --run | filecheck %s
// RUN: opt-tool %s -p plan-memory --check-numerics --run | filecheck %s
// RUN: opt-tool %s -p plan-memory,convert-engine-to-kernels --check-numerics --run | filecheck %s
// RUN: opt-tool %s -p plan-memory | opt-tool - --run | filecheck %s

// CHECK:      sum: float32[2, 3]
// CHECK-NEXT: {{\[\[ 1.4297302   0.8149761  -0.06331259\]}}
// CHECK-NEXT: {{ \[ 1.4089001   0.41141158 -0.34214017\]\]}}

func.func @main(%x: tensor<2x3xf32>, %b: tensor<3xf32>) -> tensor<2x3xf32>
    attributes {input_names = ["x", "b"], output_names = ["sum"]} {
  %sum = engine.map ins(%x, %b : tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %sum : tensor<2x3xf32>
}
