// RUN: opt-tool %s --split-input-file -p 'optimize{only=constant-to-the-right-of-comparison exactness=bitwise}' --check-numerics | filecheck %s

func.func @floats(%t_x: tensor<3x4xf32>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%x: f32):
    %v1 = arith.constant 1.000000e+00 : f32
    %v2 = arith.cmpf olt, %v1, %x : f32
    engine.yield %v2 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @floats
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["constant-to-the-right-of-comparison"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.cmpf ogt, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }

// -----

func.func @equal(%t_x: tensor<3x4xf32>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%x: f32):
    %v1 = arith.constant 1.000000e+00 : f32
    %v2 = arith.cmpf oeq, %v1, %x : f32
    engine.yield %v2 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @equal
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["constant-to-the-right-of-comparison"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.cmpf oeq, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }

// -----

func.func @integers(%t_x: tensor<3x4xi32>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_x : tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%x: i32):
    %v1 = arith.constant 3 : i32
    %v2 = arith.cmpi sge, %v1, %x : i32
    engine.yield %v2 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @integers
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi32>) attributes {nodes = ["/map"], rewrites = ["constant-to-the-right-of-comparison"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.constant 3 : i32
// CHECK-NEXT:       %{{.*}} = arith.cmpi sle, %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }

// -----

func.func @unordered(%t_x: tensor<3x4xf32>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%x: f32):
    %v1 = arith.constant 1.000000e+00 : f32
    %v2 = arith.cmpf uge, %v1, %x : f32
    engine.yield %v2 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @unordered
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["constant-to-the-right-of-comparison"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.cmpf ule, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }

// -----

func.func @near_miss_right_already(%t_x: tensor<3x4xf32>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%x: f32):
    %v1 = arith.constant 1.000000e+00 : f32
    %v2 = arith.cmpf olt, %x, %v1 : f32
    engine.yield %v2 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @near_miss_right_already
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.cmpf olt, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }
