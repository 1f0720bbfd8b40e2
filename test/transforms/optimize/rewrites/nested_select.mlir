// RUN: opt-tool %s --split-input-file -p 'optimize{only=nested-select exactness=bitwise}' --check-numerics | filecheck %s

// The inner choice is made by the outer one.

func.func @above(%t_c: tensor<3x4xi1>, %t_x: tensor<3x4xf32>, %t_y: tensor<3x4xf32>, %t_z: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_c, %t_x, %t_y, %t_z : tensor<3x4xi1>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%c: i1, %x: f32, %y: f32, %z: f32):
    %v1 = arith.select %c, %x, %y : f32
    %v2 = arith.select %c, %v1, %z : f32
    engine.yield %v2 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @above
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<3x4xi1>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["nested-select"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i1, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.select %{{.*}}, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @below_of_integers(%t_c: tensor<3x4xi1>, %t_x: tensor<3x4xi32>, %t_y: tensor<3x4xi32>, %t_z: tensor<3x4xi32>) -> tensor<3x4xi32> {
  %r = engine.map ins(%t_c, %t_x, %t_y, %t_z : tensor<3x4xi1>, tensor<3x4xi32>, tensor<3x4xi32>, tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi32> {
  ^bb0(%c: i1, %x: i32, %y: i32, %z: i32):
    %v1 = arith.select %c, %y, %z : i32
    %v2 = arith.select %c, %x, %v1 : i32
    engine.yield %v2 : i32
  }
  func.return %r : tensor<3x4xi32>
}

// CHECK-LABEL: func.func @below_of_integers
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<3x4xi1>, tensor<3x4xi32>, tensor<3x4xi32>, tensor<3x4xi32>) attributes {nodes = ["/map"], rewrites = ["nested-select"]} -> tensor<3x4xi32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i1, %{{.*}}: i32, %{{.*}}: i32, %{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.select %{{.*}}, %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_another_condition(%t_c: tensor<3x4xi1>, %t_d: tensor<3x4xi1>, %t_x: tensor<3x4xf32>, %t_y: tensor<3x4xf32>, %t_z: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_c, %t_d, %t_x, %t_y, %t_z : tensor<3x4xi1>, tensor<3x4xi1>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%c: i1, %d: i1, %x: f32, %y: f32, %z: f32):
    %v1 = arith.select %d, %x, %y : f32
    %v2 = arith.select %c, %v1, %z : f32
    engine.yield %v2 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_another_condition
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<3x4xi1>, tensor<3x4xi1>, tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i1, %{{.*}}: i1, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.select %{{.*}}, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.select %{{.*}}, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }
