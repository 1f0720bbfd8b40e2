// RUN: opt-tool %s --split-input-file -p 'optimize{only=compare-before-extension exactness=bitwise}' --check-numerics | filecheck %s

func.func @signed(%t_x: tensor<3x4xi8>, %t_y: tensor<3x4xi8>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_x, %t_y : tensor<3x4xi8>, tensor<3x4xi8>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%x: i8, %y: i8):
    %v1 = arith.extsi %x : i8 to i32
    %v2 = arith.extsi %y : i8 to i32
    %v3 = arith.cmpi slt, %v1, %v2 : i32
    engine.yield %v3 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @signed
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xi8>, tensor<3x4xi8>) attributes {nodes = ["/map"], rewrites = ["compare-before-extension"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i8, %{{.*}}: i8):
// CHECK-NEXT:       %{{.*}} = arith.extsi %{{.*}} : i8 to i32
// CHECK-NEXT:       %{{.*}} = arith.extsi %{{.*}} : i8 to i32
// CHECK-NEXT:       %{{.*}} = arith.cmpi slt, %{{.*}}, %{{.*}} : i8
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }

// -----

func.func @unsigned(%t_x: tensor<3x4xi8>, %t_y: tensor<3x4xi8>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_x, %t_y : tensor<3x4xi8>, tensor<3x4xi8>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%x: i8, %y: i8):
    %v1 = arith.extui %x : i8 to i32
    %v2 = arith.extui %y : i8 to i32
    %v3 = arith.cmpi sge, %v1, %v2 : i32
    engine.yield %v3 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @unsigned
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xi8>, tensor<3x4xi8>) attributes {nodes = ["/map"], rewrites = ["compare-before-extension"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i8, %{{.*}}: i8):
// CHECK-NEXT:       %{{.*}} = arith.cmpi uge, %{{.*}}, %{{.*}} : i8
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }

// -----

func.func @near_miss_two_types(%t_x: tensor<3x4xi8>, %t_y: tensor<3x4xi16>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_x, %t_y : tensor<3x4xi8>, tensor<3x4xi16>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%x: i8, %y: i16):
    %v1 = arith.extsi %x : i8 to i32
    %v2 = arith.extsi %y : i16 to i32
    %v3 = arith.cmpi slt, %v1, %v2 : i32
    engine.yield %v3 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @near_miss_two_types
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xi8>, tensor<3x4xi16>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i8, %{{.*}}: i16):
// CHECK-NEXT:       %{{.*}} = arith.extsi %{{.*}} : i8 to i32
// CHECK-NEXT:       %{{.*}} = arith.extsi %{{.*}} : i16 to i32
// CHECK-NEXT:       %{{.*}} = arith.cmpi slt, %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }

// -----

func.func @near_miss_two_ways(%t_x: tensor<3x4xi8>, %t_y: tensor<3x4xi8>) -> tensor<3x4xi1> {
  %r = engine.map ins(%t_x, %t_y : tensor<3x4xi8>, tensor<3x4xi8>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
  ^bb0(%x: i8, %y: i8):
    %v1 = arith.extsi %x : i8 to i32
    %v2 = arith.extui %y : i8 to i32
    %v3 = arith.cmpi slt, %v1, %v2 : i32
    engine.yield %v3 : i1
  }
  func.return %r : tensor<3x4xi1>
}

// CHECK-LABEL: func.func @near_miss_two_ways
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3x4xi8>, tensor<3x4xi8>) attributes {nodes = ["/map"]} -> tensor<3x4xi1> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i8, %{{.*}}: i8):
// CHECK-NEXT:       %{{.*}} = arith.extsi %{{.*}} : i8 to i32
// CHECK-NEXT:       %{{.*}} = arith.extui %{{.*}} : i8 to i32
// CHECK-NEXT:       %{{.*}} = arith.cmpi slt, %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:       engine.yield %{{.*}} : i1
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi1>
// CHECK-NEXT:   }
