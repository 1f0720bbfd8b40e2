// RUN: opt-tool %s --split-input-file -p 'optimize{only=add-product-weights exactness=rounding}' --check-numerics | filecheck %s

// Low-rank additions of fine-tuning.

func.func @low_rank(%x: tensor<2x3x4xf32>) -> tensor<2x3x5xf32> {
  %w = engine.constant dense<0.5> : tensor<4x5xf32> -> tensor<4x5xf32>
  %a = engine.constant dense<[[0.5], [1.0], [-1.0], [2.0]]> : tensor<4x1xf32> -> tensor<4x1xf32>
  %b = engine.constant dense<[[1.0, 2.0, 0.5, -1.0, 3.0]]> : tensor<1x5xf32> -> tensor<1x5xf32>
  %v = engine.constant dense<0.25> : tensor<4x5xf32> -> tensor<4x5xf32>
  %h = engine.matmul %x, %a {nodes = ["/h"]} : tensor<2x3x4xf32>, tensor<4x1xf32> -> tensor<2x3x1xf32>
  %d = engine.matmul %h, %b {nodes = ["/d"]} : tensor<2x3x1xf32>, tensor<1x5xf32> -> tensor<2x3x5xf32>
  %y = engine.matmul %x, %w epilogue(%d : tensor<2x3x5xf32>) {nodes = ["/y"]} : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32> {
    ^bb0(%e_acc: f32, %e_d: f32):
      %z1_1 = arith.addf %e_acc, %e_d : f32
      %z1_2 = arith.constant 0.000000e+00 : f32
      %z1_3 = arith.maximumf %z1_1, %z1_2 : f32
      engine.yield %z1_3 : f32
  }
  func.return %y : tensor<2x3x5xf32>
}

// CHECK-LABEL: func.func @low_rank
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}1.000000e+00, 1.500000e+00, 7.500000e-01, 0.000000e+00, 2.000000e+00], [1.500000e+00, 2.500000e+00, 1.000000e+00, -5.000000e-01, 3.500000e+00], [-5.000000e-01, -1.500000e+00, 0.000000e+00, 1.500000e+00, -2.500000e+00], [2.500000e+00, 4.500000e+00, 1.500000e+00, -1.500000e+00, 6.500000e+00{{\]\]}}> : tensor<4x5xf32> -> tensor<4x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/d", "/h", "/y"], rewrites = ["add-product-weights"]} : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x5xf32>
// CHECK-NEXT:   }

// -----

func.func @side_by_side(%x: tensor<2x3x4xf32>) -> tensor<2x3x5xf32> {
  %w = engine.constant dense<0.5> : tensor<4x5xf32> -> tensor<4x5xf32>
  %a = engine.constant dense<[[0.5], [1.0], [-1.0], [2.0]]> : tensor<4x1xf32> -> tensor<4x1xf32>
  %b = engine.constant dense<[[1.0, 2.0, 0.5, -1.0, 3.0]]> : tensor<1x5xf32> -> tensor<1x5xf32>
  %v = engine.constant dense<0.25> : tensor<4x5xf32> -> tensor<4x5xf32>
  %d = engine.matmul %x, %v {nodes = ["/d"]} : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32>
  %y = engine.matmul %x, %w epilogue(%d : tensor<2x3x5xf32>) {nodes = ["/y"]} : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32> {
    ^bb0(%e_acc: f32, %e_d: f32):
      %z1_1 = arith.addf %e_acc, %e_d : f32
      engine.yield %z1_1 : f32
  }
  func.return %y : tensor<2x3x5xf32>
}

// CHECK-LABEL: func.func @side_by_side
// CHECK-NEXT:     %{{.*}} = engine.constant dense<7.500000e-01> : tensor<4x5xf32> -> tensor<4x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/d", "/y"], rewrites = ["add-product-weights"]} : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x5xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_activation(%x: tensor<2x3x4xf32>) -> tensor<2x3x5xf32> {
  %w = engine.constant dense<0.5> : tensor<4x5xf32> -> tensor<4x5xf32>
  %a = engine.constant dense<[[0.5], [1.0], [-1.0], [2.0]]> : tensor<4x1xf32> -> tensor<4x1xf32>
  %b = engine.constant dense<[[1.0, 2.0, 0.5, -1.0, 3.0]]> : tensor<1x5xf32> -> tensor<1x5xf32>
  %v = engine.constant dense<0.25> : tensor<4x5xf32> -> tensor<4x5xf32>
  %h = engine.matmul %x, %a {nodes = ["/h"]} : tensor<2x3x4xf32>, tensor<4x1xf32> -> tensor<2x3x1xf32> {
    ^bb0(%e_acc: f32):
      %z1_1 = arith.constant 0.000000e+00 : f32
      %z1_2 = arith.maximumf %e_acc, %z1_1 : f32
      engine.yield %z1_2 : f32
  }
  %d = engine.matmul %h, %b {nodes = ["/d"]} : tensor<2x3x1xf32>, tensor<1x5xf32> -> tensor<2x3x5xf32>
  %y = engine.matmul %x, %w epilogue(%d : tensor<2x3x5xf32>) {nodes = ["/y"]} : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32> {
    ^bb0(%e_acc: f32, %e_d: f32):
      %z2_1 = arith.addf %e_acc, %e_d : f32
      engine.yield %z2_1 : f32
  }
  func.return %y : tensor<2x3x5xf32>
}

// CHECK-LABEL: func.func @near_miss_activation
// CHECK-NEXT:     %{{.*}} = engine.constant dense<5.000000e-01> : tensor<4x5xf32> -> tensor<4x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}5.000000e-01], [1.000000e+00], [-1.000000e+00], [2.000000e+00{{\]\]}}> : tensor<4x1xf32> -> tensor<4x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00, 5.000000e-01, -1.000000e+00, 3.000000e+00{{\]\]}}> : tensor<1x5xf32> -> tensor<1x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/h"]} : tensor<2x3x4xf32>, tensor<4x1xf32> -> tensor<2x3x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/d"]} : tensor<2x3x1xf32>, tensor<1x5xf32> -> tensor<2x3x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<2x3x5xf32>) {nodes = ["/y"]} : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x5xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_another_input(%x: tensor<2x3x4xf32>) -> tensor<2x3x5xf32> {
  %w = engine.constant dense<0.5> : tensor<4x5xf32> -> tensor<4x5xf32>
  %a = engine.constant dense<[[0.5], [1.0], [-1.0], [2.0]]> : tensor<4x1xf32> -> tensor<4x1xf32>
  %b = engine.constant dense<[[1.0, 2.0, 0.5, -1.0, 3.0]]> : tensor<1x5xf32> -> tensor<1x5xf32>
  %v = engine.constant dense<0.25> : tensor<4x5xf32> -> tensor<4x5xf32>
  %z = engine.map ins(%x : tensor<2x3x4xf32>) attributes {nodes = ["/z"]} -> tensor<2x3x4xf32> {
    ^bb0(%e_x: f32):
      %z1_1 = math.absf %e_x : f32
      engine.yield %z1_1 : f32
  }
  %d = engine.matmul %z, %v {nodes = ["/d"]} : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32>
  %y = engine.matmul %x, %w epilogue(%d : tensor<2x3x5xf32>) {nodes = ["/y"]} : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32> {
    ^bb0(%e_acc: f32, %e_d: f32):
      %z2_1 = arith.addf %e_acc, %e_d : f32
      engine.yield %z2_1 : f32
  }
  func.return %y : tensor<2x3x5xf32>
}

// CHECK-LABEL: func.func @near_miss_another_input
// CHECK-NEXT:     %{{.*}} = engine.constant dense<5.000000e-01> : tensor<4x5xf32> -> tensor<4x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<2.500000e-01> : tensor<4x5xf32> -> tensor<4x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<2x3x4xf32>) attributes {nodes = ["/z"]} -> tensor<2x3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.absf %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/d"]} : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<2x3x5xf32>) {nodes = ["/y"]} : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x5xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<2x3x4xf32>) -> (tensor<2x3x5xf32>, tensor<2x3x5xf32>) {
  %w = engine.constant dense<0.5> : tensor<4x5xf32> -> tensor<4x5xf32>
  %a = engine.constant dense<[[0.5], [1.0], [-1.0], [2.0]]> : tensor<4x1xf32> -> tensor<4x1xf32>
  %b = engine.constant dense<[[1.0, 2.0, 0.5, -1.0, 3.0]]> : tensor<1x5xf32> -> tensor<1x5xf32>
  %v = engine.constant dense<0.25> : tensor<4x5xf32> -> tensor<4x5xf32>
  %d = engine.matmul %x, %v {nodes = ["/d"]} : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32>
  %y = engine.matmul %x, %w epilogue(%d : tensor<2x3x5xf32>) {nodes = ["/y"]} : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32> {
    ^bb0(%e_acc: f32, %e_d: f32):
      %z1_1 = arith.addf %e_acc, %e_d : f32
      engine.yield %z1_1 : f32
  }
  func.return %y, %d : tensor<2x3x5xf32>, tensor<2x3x5xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.constant dense<5.000000e-01> : tensor<4x5xf32> -> tensor<4x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<2.500000e-01> : tensor<4x5xf32> -> tensor<4x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/d"]} : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<2x3x5xf32>) {nodes = ["/y"]} : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<2x3x5xf32>, tensor<2x3x5xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_product(%x: tensor<2x3x4xf32>) -> tensor<2x3x5xf32> {
  %w = engine.constant dense<0.5> : tensor<4x5xf32> -> tensor<4x5xf32>
  %a = engine.constant dense<[[0.5], [1.0], [-1.0], [2.0]]> : tensor<4x1xf32> -> tensor<4x1xf32>
  %b = engine.constant dense<[[1.0, 2.0, 0.5, -1.0, 3.0]]> : tensor<1x5xf32> -> tensor<1x5xf32>
  %v = engine.constant dense<0.25> : tensor<4x5xf32> -> tensor<4x5xf32>
  %d = engine.matmul %x, %v {nodes = ["/d"]} : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32>
  %y = engine.matmul %x, %w epilogue(%d : tensor<2x3x5xf32>) {nodes = ["/y"]} : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32> {
    ^bb0(%e_acc: f32, %e_d: f32):
      %z1_1 = arith.mulf %e_acc, %e_d : f32
      engine.yield %z1_1 : f32
  }
  func.return %y : tensor<2x3x5xf32>
}

// CHECK-LABEL: func.func @near_miss_product
// CHECK-NEXT:     %{{.*}} = engine.constant dense<5.000000e-01> : tensor<4x5xf32> -> tensor<4x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<2.500000e-01> : tensor<4x5xf32> -> tensor<4x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/d"]} : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<2x3x5xf32>) {nodes = ["/y"]} : tensor<2x3x4xf32>, tensor<4x5xf32> -> tensor<2x3x5xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x5xf32>
// CHECK-NEXT:   }
