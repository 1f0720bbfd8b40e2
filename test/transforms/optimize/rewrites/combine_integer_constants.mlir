// RUN: opt-tool %s --split-input-file -p 'optimize{only=combine-integer-constants exactness=bitwise}' --check-numerics | filecheck %s

func.func @sum(%t_x: tensor<3x4xi32>) -> tensor<3x4xi32> {
  %r = engine.map ins(%t_x : tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi32> {
  ^bb0(%x: i32):
    %v1 = arith.constant 3 : i32
    %v2 = arith.addi %x, %v1 : i32
    %v3 = arith.constant 4 : i32
    %v4 = arith.addi %v2, %v3 : i32
    engine.yield %v4 : i32
  }
  func.return %r : tensor<3x4xi32>
}

// CHECK-LABEL: func.func @sum
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi32>) attributes {nodes = ["/map"], rewrites = ["combine-integer-constants"]} -> tensor<3x4xi32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.constant 7 : i32
// CHECK-NEXT:       %{{.*}} = arith.addi %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi32>
// CHECK-NEXT:   }

// -----

func.func @not_twice(%t_b: tensor<3x4xi1>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_b : tensor<3x4xi1>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%b: i1):
    %v1 = arith.constant true
    %v2 = arith.xori %b, %v1 : i1
    %v3 = arith.constant true
    %v4 = arith.xori %v2, %v3 : i1
    engine.yield %v4 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @not_twice
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi1>) attributes {nodes = ["/map"], rewrites = ["combine-integer-constants"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i1):
// CHECK-NEXT:       %{{.*}} = arith.constant false
// CHECK-NEXT:       %{{.*}} = arith.xori %{{.*}}, %{{.*}} : i1
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }

// -----

func.func @mask(%t_x: tensor<3x4xi32>) -> tensor<3x4xi32> {
  %r = engine.map ins(%t_x : tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi32> {
  ^bb0(%x: i32):
    %v1 = arith.constant 12 : i32
    %v2 = arith.andi %x, %v1 : i32
    %v3 = arith.constant 6 : i32
    %v4 = arith.andi %v2, %v3 : i32
    engine.yield %v4 : i32
  }
  func.return %r : tensor<3x4xi32>
}

// CHECK-LABEL: func.func @mask
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi32>) attributes {nodes = ["/map"], rewrites = ["combine-integer-constants"]} -> tensor<3x4xi32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.constant 4 : i32
// CHECK-NEXT:       %{{.*}} = arith.andi %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%t_x: tensor<3x4xi32>) -> tensor<3x4xi32> {
  %r = engine.map ins(%t_x : tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi32> {
  ^bb0(%x: i32):
    %v1 = arith.constant 3 : i32
    %v2 = arith.addi %x, %v1 : i32
    %v3 = arith.constant 4 : i32
    %v4 = arith.addi %v2, %v3 : i32
    %v5 = arith.muli %v4, %v2 : i32
    engine.yield %v5 : i32
  }
  func.return %r : tensor<3x4xi32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.constant 3 : i32
// CHECK-NEXT:       %{{.*}} = arith.addi %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       %{{.*}} = arith.constant 4 : i32
// CHECK-NEXT:       %{{.*}} = arith.addi %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       %{{.*}} = arith.muli %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_two_operations(%t_x: tensor<3x4xi32>) -> tensor<3x4xi32> {
  %r = engine.map ins(%t_x : tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi32> {
  ^bb0(%x: i32):
    %v1 = arith.constant 3 : i32
    %v2 = arith.addi %x, %v1 : i32
    %v3 = arith.constant 4 : i32
    %v4 = arith.muli %v2, %v3 : i32
    engine.yield %v4 : i32
  }
  func.return %r : tensor<3x4xi32>
}

// CHECK-LABEL: func.func @near_miss_two_operations
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.constant 3 : i32
// CHECK-NEXT:       %{{.*}} = arith.addi %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       %{{.*}} = arith.constant 4 : i32
// CHECK-NEXT:       %{{.*}} = arith.muli %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi32>
// CHECK-NEXT:   }
