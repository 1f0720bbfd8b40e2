// RUN: opt-tool %s --split-input-file -p 'optimize{only=compare-integer-with-itself exactness=bitwise}' --check-numerics | filecheck %s

func.func @equal(%t_b: tensor<3x4xi1>, %t_x: tensor<3x4xi32>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_b, %t_x : tensor<3x4xi1>, tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%b: i1, %x: i32):
    %v1 = arith.cmpi eq, %x, %x : i32
    %v2 = arith.xori %b, %v1 : i1
    engine.yield %v2 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @equal
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xi1>, tensor<3x4xi32>) attributes {nodes = ["/map"], rewrites = ["compare-integer-with-itself"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i1, %{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.constant true
// CHECK-NEXT:       %{{.*}} = arith.xori %{{.*}}, %{{.*}} : i1
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }

// -----

func.func @less(%t_b: tensor<3x4xi1>, %t_x: tensor<3x4xi32>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_b, %t_x : tensor<3x4xi1>, tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%b: i1, %x: i32):
    %v1 = arith.cmpi slt, %x, %x : i32
    %v2 = arith.xori %b, %v1 : i1
    engine.yield %v2 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @less
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xi1>, tensor<3x4xi32>) attributes {nodes = ["/map"], rewrites = ["compare-integer-with-itself"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i1, %{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.constant false
// CHECK-NEXT:       %{{.*}} = arith.xori %{{.*}}, %{{.*}} : i1
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }

// -----

// NaN is not equal to itself.
func.func @near_miss_floats(%t_b: tensor<3x4xi1>, %t_x: tensor<3x4xf32>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_b, %t_x : tensor<3x4xi1>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%b: i1, %x: f32):
    %v1 = arith.cmpf oeq, %x, %x : f32
    %v2 = arith.xori %b, %v1 : i1
    engine.yield %v2 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @near_miss_floats
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xi1>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i1, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.cmpf oeq, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.xori %{{.*}}, %{{.*}} : i1
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }

// -----

func.func @near_miss_two_numbers(%t_x: tensor<3x4xi32>, %t_y: tensor<3x4xi32>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_x, %t_y : tensor<3x4xi32>, tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%x: i32, %y: i32):
    %v1 = arith.cmpi eq, %x, %y : i32
    engine.yield %v1 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @near_miss_two_numbers
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xi32>, tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i32, %{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.cmpi eq, %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }
