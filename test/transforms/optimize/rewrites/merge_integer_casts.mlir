// RUN: opt-tool %s --split-input-file -p 'optimize{only=merge-integer-casts exactness=bitwise}' --check-numerics | filecheck %s

func.func @signed(%t_x: tensor<3x4xi8>) -> tensor<3x4xi64> {
  %r = engine.map ins(%t_x : tensor<3x4xi8>) attributes {nodes = ["/map"]} -> tensor<3x4xi64> {
  ^bb0(%x: i8):
    %v1 = arith.extsi %x : i8 to i16
    %v2 = arith.extsi %v1 : i16 to i64
    engine.yield %v2 : i64
  }
  func.return %r : tensor<3x4xi64>
}

// CHECK-LABEL: func.func @signed
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi8>) attributes {nodes = ["/map"], rewrites = ["merge-integer-casts"]} -> tensor<3x4xi64> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i8):
// CHECK-NEXT:       %{{.*}} = arith.extsi %{{.*}} : i8 to i16
// CHECK-NEXT:       %{{.*}} = arith.extsi %{{.*}} : i8 to i64
// CHECK-NEXT:       engine.yield %{{.*}} : i64
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi64>
// CHECK-NEXT:   }

// -----

func.func @zeros_first(%t_x: tensor<3x4xi8>) -> tensor<3x4xi64> {
  %r = engine.map ins(%t_x : tensor<3x4xi8>) attributes {nodes = ["/map"]} -> tensor<3x4xi64> {
  ^bb0(%x: i8):
    %v1 = arith.extui %x : i8 to i32
    %v2 = arith.extsi %v1 : i32 to i64
    engine.yield %v2 : i64
  }
  func.return %r : tensor<3x4xi64>
}

// CHECK-LABEL: func.func @zeros_first
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi8>) attributes {nodes = ["/map"], rewrites = ["merge-integer-casts"]} -> tensor<3x4xi64> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i8):
// CHECK-NEXT:       %{{.*}} = arith.extui %{{.*}} : i8 to i64
// CHECK-NEXT:       engine.yield %{{.*}} : i64
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi64>
// CHECK-NEXT:   }

// -----

func.func @cut_twice(%t_x: tensor<3x4xi64>) -> tensor<3x4xi8> {
  %r = engine.map ins(%t_x : tensor<3x4xi64>) attributes {nodes = ["/map"]} -> tensor<3x4xi8> {
  ^bb0(%x: i64):
    %v1 = arith.trunci %x : i64 to i32
    %v2 = arith.trunci %v1 : i32 to i8
    engine.yield %v2 : i8
  }
  func.return %r : tensor<3x4xi8>
}

// CHECK-LABEL: func.func @cut_twice
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi64>) attributes {nodes = ["/map"], rewrites = ["merge-integer-casts"]} -> tensor<3x4xi8> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i64):
// CHECK-NEXT:       %{{.*}} = arith.trunci %{{.*}} : i64 to i8
// CHECK-NEXT:       engine.yield %{{.*}} : i8
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi8>
// CHECK-NEXT:   }

// -----

func.func @cut_less(%t_x: tensor<3x4xi8>) -> tensor<3x4xi32> {
  %r = engine.map ins(%t_x : tensor<3x4xi8>) attributes {nodes = ["/map"]} -> tensor<3x4xi32> {
  ^bb0(%x: i8):
    %v1 = arith.extsi %x : i8 to i64
    %v2 = arith.trunci %v1 : i64 to i32
    engine.yield %v2 : i32
  }
  func.return %r : tensor<3x4xi32>
}

// CHECK-LABEL: func.func @cut_less
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi8>) attributes {nodes = ["/map"], rewrites = ["merge-integer-casts"]} -> tensor<3x4xi32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i8):
// CHECK-NEXT:       %{{.*}} = arith.extsi %{{.*}} : i8 to i64
// CHECK-NEXT:       %{{.*}} = arith.extsi %{{.*}} : i8 to i32
// CHECK-NEXT:       engine.yield %{{.*}} : i32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi32>
// CHECK-NEXT:   }

// -----

func.func @cut_more(%t_x: tensor<3x4xi32>) -> tensor<3x4xi8> {
  %r = engine.map ins(%t_x : tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi8> {
  ^bb0(%x: i32):
    %v1 = arith.extui %x : i32 to i64
    %v2 = arith.trunci %v1 : i64 to i8
    engine.yield %v2 : i8
  }
  func.return %r : tensor<3x4xi8>
}

// CHECK-LABEL: func.func @cut_more
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi32>) attributes {nodes = ["/map"], rewrites = ["merge-integer-casts"]} -> tensor<3x4xi8> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.trunci %{{.*}} : i32 to i8
// CHECK-NEXT:       engine.yield %{{.*}} : i8
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi8>
// CHECK-NEXT:   }

// -----

// The upper half would be filled in with signs.
func.func @near_miss_sign_first(%t_x: tensor<3x4xi8>) -> tensor<3x4xi64> {
  %r = engine.map ins(%t_x : tensor<3x4xi8>) attributes {nodes = ["/map"]} -> tensor<3x4xi64> {
  ^bb0(%x: i8):
    %v1 = arith.extsi %x : i8 to i32
    %v2 = arith.extui %v1 : i32 to i64
    engine.yield %v2 : i64
  }
  func.return %r : tensor<3x4xi64>
}

// CHECK-LABEL: func.func @near_miss_sign_first
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi8>) attributes {nodes = ["/map"]} -> tensor<3x4xi64> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i8):
// CHECK-NEXT:       %{{.*}} = arith.extsi %{{.*}} : i8 to i32
// CHECK-NEXT:       %{{.*}} = arith.extui %{{.*}} : i32 to i64
// CHECK-NEXT:       engine.yield %{{.*}} : i64
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi64>
// CHECK-NEXT:   }

// -----

func.func @near_miss_same(%t_x: tensor<3x4xi32>) -> tensor<3x4xi32> {
  %r = engine.map ins(%t_x : tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi32> {
  ^bb0(%x: i32):
    %v1 = arith.extsi %x : i32 to i64
    %v2 = arith.trunci %v1 : i64 to i32
    engine.yield %v2 : i32
  }
  func.return %r : tensor<3x4xi32>
}

// CHECK-LABEL: func.func @near_miss_same
// CHECK-NEXT:     %{{.*}} = engine.map ins(%{{.*}} : tensor<3x4xi32>) attributes {nodes = ["/map"]} -> tensor<3x4xi32> {
// CHECK-NEXT:     ^bb0(%{{.*}}: i32):
// CHECK-NEXT:       %{{.*}} = arith.extsi %{{.*}} : i32 to i64
// CHECK-NEXT:       %{{.*}} = arith.trunci %{{.*}} : i64 to i32
// CHECK-NEXT:       engine.yield %{{.*}} : i32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %{{.*}} : tensor<3x4xi32>
// CHECK-NEXT:   }
