// RUN: opt-tool %s --split-input-file -p 'optimize{only=multiply-weights-around-bias exactness=rounding}' --check-numerics | filecheck %s

func.func @between(%x: tensor<5x4xf32>) -> tensor<5x1xf32> {
  %a = engine.constant dense<0.25> : tensor<4x6xf32> -> tensor<4x6xf32>
  %c = engine.constant dense<[0.5, 1.0, -1.0, 2.0, 0.25, 3.0]> : tensor<6xf32> -> tensor<6xf32>
  %b = engine.constant dense<[[0.5], [1.0], [1.5], [2.0], [-1.0], [0.25]]> : tensor<6x1xf32> -> tensor<6x1xf32>
  %h = engine.matmul %x, %a epilogue(%c : tensor<6xf32>) {nodes = ["/h"]} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32> {
    ^bb0(%e_acc: f32, %e_c: f32):
      %z1_1 = arith.addf %e_acc, %e_c : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.matmul %h, %b {nodes = ["/y"]} : tensor<5x6xf32>, tensor<6x1xf32> -> tensor<5x1xf32>
  func.return %y : tensor<5x1xf32>
}

// CHECK-LABEL: func.func @between
// CHECK-NEXT:     %{{.*}} = engine.constant dense<1.062500e+00> : tensor<4x1xf32> -> tensor<4x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<4.250000e+00> : tensor<1xf32> -> tensor<1xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<1xf32>) {nodes = ["/h", "/y"], rewrites = ["multiply-weights-around-bias"]} : tensor<5x4xf32>, tensor<4x1xf32> -> tensor<5x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<5x1xf32>
// CHECK-NEXT:   }

// -----

func.func @with_epilogue(%x: tensor<5x4xf32>) -> tensor<5x1xf32> {
  %a = engine.constant dense<0.25> : tensor<4x6xf32> -> tensor<4x6xf32>
  %c = engine.constant dense<[0.5, 1.0, -1.0, 2.0, 0.25, 3.0]> : tensor<6xf32> -> tensor<6xf32>
  %b = engine.constant dense<[[0.5], [1.0], [1.5], [2.0], [-1.0], [0.25]]> : tensor<6x1xf32> -> tensor<6x1xf32>
  %h = engine.matmul %x, %a epilogue(%c : tensor<6xf32>) {nodes = ["/h"]} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32> {
    ^bb0(%e_acc: f32, %e_c: f32):
      %z1_1 = arith.addf %e_acc, %e_c : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.matmul %h, %b {nodes = ["/y"]} : tensor<5x6xf32>, tensor<6x1xf32> -> tensor<5x1xf32> {
    ^bb0(%e_acc: f32):
      %z2_1 = arith.constant 0.000000e+00 : f32
      %z2_2 = arith.maximumf %e_acc, %z2_1 : f32
      engine.yield %z2_2 : f32
  }
  func.return %y : tensor<5x1xf32>
}

// CHECK-LABEL: func.func @with_epilogue
// CHECK-NEXT:     %{{.*}} = engine.constant dense<1.062500e+00> : tensor<4x1xf32> -> tensor<4x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<4.250000e+00> : tensor<1xf32> -> tensor<1xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<1xf32>) {nodes = ["/h", "/y"], rewrites = ["multiply-weights-around-bias"]} : tensor<5x4xf32>, tensor<4x1xf32> -> tensor<5x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<5x1xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_activation(%x: tensor<5x4xf32>) -> tensor<5x1xf32> {
  %a = engine.constant dense<0.25> : tensor<4x6xf32> -> tensor<4x6xf32>
  %c = engine.constant dense<[0.5, 1.0, -1.0, 2.0, 0.25, 3.0]> : tensor<6xf32> -> tensor<6xf32>
  %b = engine.constant dense<[[0.5], [1.0], [1.5], [2.0], [-1.0], [0.25]]> : tensor<6x1xf32> -> tensor<6x1xf32>
  %h = engine.matmul %x, %a epilogue(%c : tensor<6xf32>) {nodes = ["/h"]} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32> {
    ^bb0(%e_acc: f32, %e_c: f32):
      %z1_1 = arith.addf %e_acc, %e_c : f32
      %z1_2 = arith.constant 0.000000e+00 : f32
      %z1_3 = arith.maximumf %z1_1, %z1_2 : f32
      engine.yield %z1_3 : f32
  }
  %y = engine.matmul %h, %b {nodes = ["/y"]} : tensor<5x6xf32>, tensor<6x1xf32> -> tensor<5x1xf32>
  func.return %y : tensor<5x1xf32>
}

// CHECK-LABEL: func.func @near_miss_activation
// CHECK-NEXT:     %{{.*}} = engine.constant dense<2.500000e-01> : tensor<4x6xf32> -> tensor<4x6xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[5.000000e-01, 1.000000e+00, -1.000000e+00, 2.000000e+00, 2.500000e-01, 3.000000e+00]> : tensor<6xf32> -> tensor<6xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}5.000000e-01], [1.000000e+00], [1.500000e+00], [2.000000e+00], [-1.000000e+00], [2.500000e-01{{\]\]}}> : tensor<6x1xf32> -> tensor<6x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<6xf32>) {nodes = ["/h"]} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<5x6xf32>, tensor<6x1xf32> -> tensor<5x1xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<5x1xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_no_bias(%x: tensor<5x4xf32>) -> tensor<5x1xf32> {
  %a = engine.constant dense<0.25> : tensor<4x6xf32> -> tensor<4x6xf32>
  %c = engine.constant dense<[0.5, 1.0, -1.0, 2.0, 0.25, 3.0]> : tensor<6xf32> -> tensor<6xf32>
  %b = engine.constant dense<[[0.5], [1.0], [1.5], [2.0], [-1.0], [0.25]]> : tensor<6x1xf32> -> tensor<6x1xf32>
  %h = engine.matmul %x, %a {nodes = ["/h"]} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32>
  %y = engine.matmul %h, %b {nodes = ["/y"]} : tensor<5x6xf32>, tensor<6x1xf32> -> tensor<5x1xf32>
  func.return %y : tensor<5x1xf32>
}

// CHECK-LABEL: func.func @near_miss_no_bias
// CHECK-NEXT:     %{{.*}} = engine.constant dense<2.500000e-01> : tensor<4x6xf32> -> tensor<4x6xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}5.000000e-01], [1.000000e+00], [1.500000e+00], [2.000000e+00], [-1.000000e+00], [2.500000e-01{{\]\]}}> : tensor<6x1xf32> -> tensor<6x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/h"]} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<5x6xf32>, tensor<6x1xf32> -> tensor<5x1xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<5x1xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<5x4xf32>) -> (tensor<5x1xf32>, tensor<5x6xf32>) {
  %a = engine.constant dense<0.25> : tensor<4x6xf32> -> tensor<4x6xf32>
  %c = engine.constant dense<[0.5, 1.0, -1.0, 2.0, 0.25, 3.0]> : tensor<6xf32> -> tensor<6xf32>
  %b = engine.constant dense<[[0.5], [1.0], [1.5], [2.0], [-1.0], [0.25]]> : tensor<6x1xf32> -> tensor<6x1xf32>
  %h = engine.matmul %x, %a epilogue(%c : tensor<6xf32>) {nodes = ["/h"]} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32> {
    ^bb0(%e_acc: f32, %e_c: f32):
      %z1_1 = arith.addf %e_acc, %e_c : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.matmul %h, %b {nodes = ["/y"]} : tensor<5x6xf32>, tensor<6x1xf32> -> tensor<5x1xf32>
  func.return %y, %h : tensor<5x1xf32>, tensor<5x6xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.constant dense<2.500000e-01> : tensor<4x6xf32> -> tensor<4x6xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[5.000000e-01, 1.000000e+00, -1.000000e+00, 2.000000e+00, 2.500000e-01, 3.000000e+00]> : tensor<6xf32> -> tensor<6xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}5.000000e-01], [1.000000e+00], [1.500000e+00], [2.000000e+00], [-1.000000e+00], [2.500000e-01{{\]\]}}> : tensor<6x1xf32> -> tensor<6x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<6xf32>) {nodes = ["/h"]} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<5x6xf32>, tensor<6x1xf32> -> tensor<5x1xf32>
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<5x1xf32>, tensor<5x6xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_computed_bias(%x: tensor<5x4xf32>, %c: tensor<6xf32>) -> tensor<5x1xf32> {
  %a = engine.constant dense<0.25> : tensor<4x6xf32> -> tensor<4x6xf32>
  %b = engine.constant dense<0.5> : tensor<6x1xf32> -> tensor<6x1xf32>
  %h = engine.matmul %x, %a epilogue(%c : tensor<6xf32>) {nodes = ["/h"]} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32> {
    ^bb0(%e_acc: f32, %e_c: f32):
      %z1_1 = arith.addf %e_acc, %e_c : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.matmul %h, %b {nodes = ["/y"]} : tensor<5x6xf32>, tensor<6x1xf32> -> tensor<5x1xf32>
  func.return %y : tensor<5x1xf32>
}

// CHECK-LABEL: func.func @near_miss_computed_bias
// CHECK-NEXT:     %{{.*}} = engine.constant dense<2.500000e-01> : tensor<4x6xf32> -> tensor<4x6xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<5.000000e-01> : tensor<6x1xf32> -> tensor<6x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<6xf32>) {nodes = ["/h"]} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<5x6xf32>, tensor<6x1xf32> -> tensor<5x1xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<5x1xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_rounded(%x: tensor<5x4xf32>) -> tensor<5x1xf32> {
  %a = engine.constant dense<0.25> : tensor<4x6xf32> -> tensor<4x6xf32>
  %c = engine.constant dense<[0.5, 1.0, -1.0, 2.0, 0.25, 3.0]> : tensor<6xf32> -> tensor<6xf32>
  %b = engine.constant dense<[[0.5], [1.0], [1.5], [2.0], [-1.0], [0.25]]> : tensor<6x1xf32> -> tensor<6x1xf32>
  %h = engine.matmul %x, %a epilogue(%c : tensor<6xf32>) {nodes = ["/h"]} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32> {
    ^bb0(%e_acc: f32, %e_c: f32):
      %z1_1 = arith.addf %e_acc, %e_c : f32
      engine.yield %z1_1 : f32
  }
  %y = engine.matmul %h, %b {nodes = ["/y"]} : tensor<5x6xf32>, tensor<6x1xf32> -> tensor<5x1xf32> {
    ^bb0(%e_acc: f32):
      %z2_1 = math.floor %e_acc : f32
      engine.yield %z2_1 : f32
  }
  func.return %y : tensor<5x1xf32>
}

// CHECK-LABEL: func.func @near_miss_rounded
// CHECK-NEXT:     %{{.*}} = engine.constant dense<2.500000e-01> : tensor<4x6xf32> -> tensor<4x6xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<[5.000000e-01, 1.000000e+00, -1.000000e+00, 2.000000e+00, 2.500000e-01, 3.000000e+00]> : tensor<6xf32> -> tensor<6xf32>
// CHECK-NEXT:     %{{.*}} = engine.constant dense<{{\[\[}}5.000000e-01], [1.000000e+00], [1.500000e+00], [2.000000e+00], [-1.000000e+00], [2.500000e-01{{\]\]}}> : tensor<6x1xf32> -> tensor<6x1xf32>
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} epilogue(%{{.*}} : tensor<6xf32>) {nodes = ["/h"]} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<5x6xf32>, tensor<6x1xf32> -> tensor<5x1xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = math.floor %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<5x1xf32>
// CHECK-NEXT:   }
