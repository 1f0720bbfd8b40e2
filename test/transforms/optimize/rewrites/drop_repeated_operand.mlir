// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-repeated-operand exactness=bitwise}' --check-numerics | filecheck %s

func.func @same(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.maximumf %x, %x : f32
    engine.yield %v1 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @same
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["drop-repeated-operand"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @twice(%t_x: tensor<3x4xf32>, %t_y: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x, %t_y : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32, %y: f32):
    %v1 = arith.minimumf %x, %y : f32
    %v2 = arith.minimumf %v1, %y : f32
    engine.yield %v2 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @twice
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["drop-repeated-operand"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.minimumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @bits(%t_x: tensor<3x4xi32>, %t_y: tensor<3x4xi32>) -> tensor<3x4xi32> {
  %r = engine.map ins(%t_x, %t_y : tensor<3x4xi32>, tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi32> {
  ^bb0(%x: i32, %y: i32):
    %v1 = arith.andi %x, %y : i32
    %v2 = arith.andi %v1, %y : i32
    engine.yield %v2 : i32
  }
  func.return %r : tensor<3x4xi32>
}

// CHECK-LABEL: func.func @bits
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xi32>, tensor<3x4xi32>) attributes {nodes = ["/map"], rewrites = ["drop-repeated-operand"]} -> tensor<3x4xi32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i32, %{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.andi %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_third(%t_x: tensor<3x4xf32>, %t_y: tensor<3x4xf32>, %t_z: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x, %t_y, %t_z : tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32, %y: f32, %z: f32):
    %v1 = arith.minimumf %x, %y : f32
    %v2 = arith.minimumf %v1, %z : f32
    engine.yield %v2 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_third
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.minimumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.minimumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_sum(%t_x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: f32):
    %v1 = arith.addf %x, %x : f32
    engine.yield %v1 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_sum
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }
