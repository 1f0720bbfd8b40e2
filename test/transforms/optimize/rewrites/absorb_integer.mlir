// RUN: opt-tool %s --split-input-file -p 'optimize{only=absorb-integer exactness=bitwise}' --check-numerics | filecheck %s

// Whatever the number is.

func.func @times_zero(%t_y: tensor<3x4xi32>, %t_x: tensor<3x4xi32>) -> tensor<3x4xi32> {
  %r = engine.map ins(%t_y, %t_x : tensor<3x4xi32>, tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi32> {
  ^bb0(%y: i32, %x: i32):
    %v1 = arith.constant 0 : i32
    %v2 = arith.muli %x, %v1 : i32
    %v3 = arith.addi %y, %v2 : i32
    engine.yield %v3 : i32
  }
  func.return %r : tensor<3x4xi32>
}

// CHECK-LABEL: func.func @times_zero
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xi32>, tensor<3x4xi32>) attributes {nodes = ["/map"], rewrites = ["absorb-integer"]} -> tensor<3x4xi32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i32, %{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.constant 0 : i32
// CHECK-NEXT:       %{{.*}} = arith.addi %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi32>
// CHECK-NEXT:   }

// -----

func.func @minus_itself(%t_y: tensor<3x4xi32>, %t_x: tensor<3x4xi32>) -> tensor<3x4xi32> {
  %r = engine.map ins(%t_y, %t_x : tensor<3x4xi32>, tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi32> {
  ^bb0(%y: i32, %x: i32):
    %v1 = arith.subi %x, %x : i32
    %v2 = arith.addi %y, %v1 : i32
    engine.yield %v2 : i32
  }
  func.return %r : tensor<3x4xi32>
}

// CHECK-LABEL: func.func @minus_itself
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xi32>, tensor<3x4xi32>) attributes {nodes = ["/map"], rewrites = ["absorb-integer"]} -> tensor<3x4xi32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i32, %{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.constant 0 : i32
// CHECK-NEXT:       %{{.*}} = arith.addi %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi32>
// CHECK-NEXT:   }

// -----

func.func @or_all_bits(%t_y: tensor<3x4xi32>, %t_x: tensor<3x4xi32>) -> tensor<3x4xi32> {
  %r = engine.map ins(%t_y, %t_x : tensor<3x4xi32>, tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi32> {
  ^bb0(%y: i32, %x: i32):
    %v1 = arith.constant -1 : i32
    %v2 = arith.ori %x, %v1 : i32
    %v3 = arith.xori %y, %v2 : i32
    engine.yield %v3 : i32
  }
  func.return %r : tensor<3x4xi32>
}

// CHECK-LABEL: func.func @or_all_bits
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xi32>, tensor<3x4xi32>) attributes {nodes = ["/map"], rewrites = ["absorb-integer"]} -> tensor<3x4xi32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i32, %{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.constant -1 : i32
// CHECK-NEXT:       %{{.*}} = arith.xori %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_another_number(%t_y: tensor<3x4xi32>, %t_x: tensor<3x4xi32>) -> tensor<3x4xi32> {
  %r = engine.map ins(%t_y, %t_x : tensor<3x4xi32>, tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi32> {
  ^bb0(%y: i32, %x: i32):
    %v1 = arith.subi %x, %y : i32
    %v2 = arith.addi %y, %v1 : i32
    engine.yield %v2 : i32
  }
  func.return %r : tensor<3x4xi32>
}

// CHECK-LABEL: func.func @near_miss_another_number
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xi32>, tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i32, %{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.subi %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       %{{.*}} = arith.addi %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi32>
// CHECK-NEXT:   }

// -----

// NaN stays.
func.func @near_miss_of_floats(%t_y: tensor<3x4xf32>, %t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_y, %t_x : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%y: f32, %x: f32):
    %v1 = arith.constant 0.0 : f32
    %v2 = arith.mulf %x, %v1 : f32
    %v3 = arith.addf %y, %v2 : f32
    engine.yield %v3 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_of_floats
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:       %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }
