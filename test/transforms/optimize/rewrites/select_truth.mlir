// RUN: opt-tool %s --split-input-file -p 'optimize{only=select-truth exactness=bitwise}' --check-numerics | filecheck %s

// A choice between the truths is the condition, or its opposite.

func.func @truth(%t_c: tensor<3x4xi1>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_c : tensor<3x4xi1>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%c: i1):
    %v1 = arith.constant true
    %v2 = arith.constant false
    %v3 = arith.select %c, %v1, %v2 : i1
    engine.yield %v3 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @truth
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi1>) attributes {nodes = ["/map"], rewrites = ["select-truth"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i1):
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }

// -----

func.func @opposite(%t_c: tensor<3x4xi1>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_c : tensor<3x4xi1>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%c: i1):
    %v1 = arith.constant false
    %v2 = arith.constant true
    %v3 = arith.select %c, %v1, %v2 : i1
    engine.yield %v3 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @opposite
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi1>) attributes {nodes = ["/map"], rewrites = ["select-truth"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i1):
// CHECK-NEXT:       %{{.*}} = arith.constant true
// CHECK-NEXT:       %{{.*}} = arith.xori %{{.*}}, %{{.*}} : i1
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }

// -----

func.func @near_miss_one_truth(%t_c: tensor<3x4xi1>, %t_b: tensor<3x4xi1>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_c, %t_b : tensor<3x4xi1>, tensor<3x4xi1>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%c: i1, %b: i1):
    %v1 = arith.constant true
    %v2 = arith.select %c, %v1, %b : i1
    engine.yield %v2 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @near_miss_one_truth
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xi1>, tensor<3x4xi1>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i1, %{{.*}}: i1):
// CHECK-NEXT:       %{{.*}} = arith.constant true
// CHECK-NEXT:       %{{.*}} = arith.select %{{.*}}, %{{.*}}, %{{.*}} : i1
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }

// -----

// Numbers are not truths.
func.func @near_miss_numbers(%t_c: tensor<3x4xi1>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_c : tensor<3x4xi1>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%c: i1):
    %v1 = arith.constant 1.000000e+00 : f32
    %v2 = arith.constant 0.000000e+00 : f32
    %v3 = arith.select %c, %v1, %v2 : f32
    engine.yield %v3 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_numbers
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi1>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i1):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.select %{{.*}}, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }
