// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-extension-before-float exactness=bitwise}' --check-numerics | filecheck %s

func.func @signed(%t_x: tensor<3x4xi8>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xi8>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: i8):
    %v1 = arith.extsi %x : i8 to i32
    %v2 = arith.sitofp %v1 : i32 to f32
    engine.yield %v2 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @signed
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi8>) attributes {nodes = ["/map"], rewrites = ["drop-extension-before-float"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i8):
// CHECK-NEXT:       %{{.*}} = arith.extsi %{{.*}} : i8 to i32
// CHECK-NEXT:       %{{.*}} = arith.sitofp %{{.*}} : i8 to f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @unsigned(%t_x: tensor<3x4xi8>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xi8>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: i8):
    %v1 = arith.extui %x : i8 to i32
    %v2 = arith.sitofp %v1 : i32 to f32
    engine.yield %v2 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @unsigned
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi8>) attributes {nodes = ["/map"], rewrites = ["drop-extension-before-float"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i8):
// CHECK-NEXT:       %{{.*}} = arith.uitofp %{{.*}} : i8 to f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_sign_lost(%t_x: tensor<3x4xi8>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xi8>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: i8):
    %v1 = arith.extsi %x : i8 to i32
    %v2 = arith.uitofp %v1 : i32 to f32
    engine.yield %v2 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_sign_lost
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi8>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i8):
// CHECK-NEXT:       %{{.*}} = arith.extsi %{{.*}} : i8 to i32
// CHECK-NEXT:       %{{.*}} = arith.uitofp %{{.*}} : i32 to f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_truth(%t_x: tensor<3x4xi1>) -> tensor<3x4xf32> {
  %r = engine.map ins(%t_x : tensor<3x4xi1>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
  ^bb0(%x: i1):
    %v1 = arith.extui %x : i1 to i32
    %v2 = arith.uitofp %v1 : i32 to f32
    engine.yield %v2 : f32
  }
  func.return %r : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_truth
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi1>) attributes {nodes = ["/map"]} -> tensor<3x4xf32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i1):
// CHECK-NEXT:       %{{.*}} = arith.extui %{{.*}} : i1 to i32
// CHECK-NEXT:       %{{.*}} = arith.uitofp %{{.*}} : i32 to f32
// CHECK-NEXT:       engine.yield %{{.*}} : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xf32>
// CHECK-NEXT:   }
