// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-neutral-mask exactness=bitwise}' --check-numerics | filecheck %s

// A mask that hides nothing.

func.func @zeros(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %m = engine.constant dense<0.0> : tensor<1x1x3x3xf32> -> tensor<1x1x3x3xf32>
  %y = engine.attention %q, %k, %v mask(%m : tensor<1x1x3x3xf32>) {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @zeros
// CHECK-NEXT:      %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} {nodes = ["/attention"], rewrites = ["drop-neutral-mask"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @minus_zeros_and_flags(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %m = engine.constant dense<-0.0> : tensor<1x1x3x3xf32> -> tensor<1x1x3x3xf32>
  %y = engine.attention %q, %k, %v mask(%m : tensor<1x1x3x3xf32>) {nodes = ["/attention"], scale = 5.000000e-01 : f64, causal, guarded} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @minus_zeros_and_flags
// CHECK-NEXT:      %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} {nodes = ["/attention"], rewrites = ["drop-neutral-mask"], scale = 5.000000e-01 : f64, causal, guarded} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_one_number(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %m = engine.constant dense<[[[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]]]> : tensor<1x1x3x3xf32> -> tensor<1x1x3x3xf32>
  %y = engine.attention %q, %k, %v mask(%m : tensor<1x1x3x3xf32>) {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_one_number
// CHECK-NEXT:      %{{.*}} = engine.constant dense<{{\[\[\[\[}}0.000000e+00, 0.000000e+00, 0.000000e+00], [0.000000e+00, 0.000000e+00, 0.000000e+00], [1.000000e+00, 0.000000e+00, 0.000000e+00{{\]\]\]\]}}> : tensor<1x1x3x3xf32> -> tensor<1x1x3x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} mask(%{{.*}} : tensor<1x1x3x3xf32>) {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_computed(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>, %m: tensor<1x1x3x3xf32>) -> tensor<1x2x3x4xf32> {
  %y = engine.attention %q, %k, %v mask(%m : tensor<1x1x3x3xf32>) {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_computed
// CHECK-NEXT:      %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} mask(%{{.*}} : tensor<1x1x3x3xf32>) {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:    }
