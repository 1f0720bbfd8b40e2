// RUN: opt-tool %s --split-input-file -p 'optimize{only=invert-comparison exactness=bitwise}' --check-numerics | filecheck %s

func.func @floats(%t_x: tensor<3x4xf32>, %t_y: tensor<3x4xf32>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_x, %t_y : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%x: f32, %y: f32):
    %v1 = arith.cmpf olt, %x, %y : f32
    %v2 = arith.constant true
    %v3 = arith.xori %v1, %v2 : i1
    engine.yield %v3 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @floats
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["invert-comparison"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.cmpf uge, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }

// -----

func.func @unordered(%t_x: tensor<3x4xf32>, %t_y: tensor<3x4xf32>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_x, %t_y : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%x: f32, %y: f32):
    %v1 = arith.cmpf une, %x, %y : f32
    %v2 = arith.constant true
    %v3 = arith.xori %v1, %v2 : i1
    engine.yield %v3 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @unordered
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["invert-comparison"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.cmpf oeq, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }

// -----

func.func @integers(%t_x: tensor<3x4xi32>, %t_y: tensor<3x4xi32>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_x, %t_y : tensor<3x4xi32>, tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%x: i32, %y: i32):
    %v1 = arith.cmpi sgt, %x, %y : i32
    %v2 = arith.constant true
    %v3 = arith.xori %v1, %v2 : i1
    engine.yield %v3 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @integers
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xi32>, tensor<3x4xi32>) attributes {nodes = ["/map"], rewrites = ["invert-comparison"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i32, %{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.cmpi sle, %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }

// -----

func.func @unsigned(%t_x: tensor<3x4xi32>, %t_y: tensor<3x4xi32>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_x, %t_y : tensor<3x4xi32>, tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%x: i32, %y: i32):
    %v1 = arith.cmpi ule, %x, %y : i32
    %v2 = arith.constant true
    %v3 = arith.xori %v1, %v2 : i1
    engine.yield %v3 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @unsigned
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xi32>, tensor<3x4xi32>) attributes {nodes = ["/map"], rewrites = ["invert-comparison"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i32, %{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.cmpi ugt, %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }

// -----

func.func @unordered_less(%t_x: tensor<3x4xf32>, %t_y: tensor<3x4xf32>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_x, %t_y : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%x: f32, %y: f32):
    %v1 = arith.cmpf ult, %x, %y : f32
    %v2 = arith.constant true
    %v3 = arith.xori %v1, %v2 : i1
    engine.yield %v3 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @unordered_less
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"], rewrites = ["invert-comparison"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.cmpf oge, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%t_x: tensor<3x4xf32>, %t_y: tensor<3x4xf32>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_x, %t_y : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%x: f32, %y: f32):
    %v1 = arith.cmpf olt, %x, %y : f32
    %v2 = arith.constant true
    %v3 = arith.xori %v1, %v2 : i1
    %v4 = arith.xori %v1, %v3 : i1
    engine.yield %v4 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xf32>, tensor<3x4xf32>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:       %{{.*}} = arith.cmpf olt, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:       %{{.*}} = arith.constant true
// CHECK-NEXT:       %{{.*}} = arith.xori %{{.*}}, %{{.*}} : i1
// CHECK-NEXT:       %{{.*}} = arith.xori %{{.*}}, %{{.*}} : i1
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }

// -----

func.func @near_miss_no_comparison(%t_b: tensor<3x4xi1>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_b : tensor<3x4xi1>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%b: i1):
    %v1 = arith.constant true
    %v2 = arith.xori %b, %v1 : i1
    engine.yield %v2 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @near_miss_no_comparison
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi1>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i1):
// CHECK-NEXT:       %{{.*}} = arith.constant true
// CHECK-NEXT:       %{{.*}} = arith.xori %{{.*}}, %{{.*}} : i1
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }
