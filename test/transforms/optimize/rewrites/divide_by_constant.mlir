// RUN: opt-tool %s --split-input-file -p 'optimize{only=divide-by-constant exactness=rounding}' --check-numerics | filecheck %s

// A division by a constant is a multiplication, up to rounding.

func.func @square_root_of_two(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 1.41421354 : f32
    %0 = arith.divf %x, %a : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @square_root_of_two
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"], rewrites = ["divide-by-constant"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 0.707106769 : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_zero(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 0.0 : f32
    %0 = arith.divf %x, %a : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_zero
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:        %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

// The reciprocal would be infinite.
func.func @near_miss_tiny(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.constant 1.0e-42 : f32
    %0 = arith.divf %x, %a : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_tiny
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 1.000530e-42 : f32
// CHECK-NEXT:        %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_argument(%t0: tensor<3xf32>, %t1: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0, %t1 : tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32, %y: f32):
    %0 = arith.divf %x, %y : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_argument
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

// QuantizeLinear: one unit in the last place makes another code.
func.func @near_miss_quantized(%t0: tensor<3xf32>) -> tensor<3xi8> {
  %r = engine.map ins(%t0 : tensor<3xf32>) -> tensor<3xi8> {
  ^bb0(%x: f32):
    %s = arith.constant 0.1 : f32
    %0 = arith.divf %x, %s : f32
    %1 = math.roundeven %0 : f32
    %2 = arith.fptosi %1 : f32 to i8
    engine.yield %2 : i8
  }
  func.return %r : tensor<3xi8>
}

// CHECK-LABEL: func.func @near_miss_quantized
// CHECK-NEXT:        %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) -> tensor<3xi8> {
// CHECK-NEXT:        ^bb0(%{{.*}}: f32):
// CHECK-NEXT:          %{{.*}} = arith.constant 1.000000e-01 : f32
// CHECK-NEXT:          %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:          %{{.*}} = math.roundeven %{{.*}} : f32
// CHECK-NEXT:          %{{.*}} = arith.fptosi %{{.*}} : f32 to i8
// CHECK-NEXT:          engine.yield %{{.*}} : i8
// CHECK-NEXT:        }
// CHECK-NEXT:        func.return %{{.*}} : tensor<3xi8>
// CHECK-NEXT:      }

// -----

// The rounding is behind a view and a maximum, in another operation.
func.func @near_miss_rounded_further_on(%t0: tensor<4x3xf32>) -> (tensor<3xi32>, tensor<4x3xf32>) {
  %a = engine.map ins(%t0 : tensor<4x3xf32>) -> tensor<4x3xf32> {
  ^bb0(%x: f32):
    %s = arith.constant 0.1 : f32
    %0 = arith.divf %x, %s : f32
    engine.yield %0 : f32
  }
  %b = engine.transpose %a {perm = array<i64: 1, 0>} : tensor<4x3xf32> -> tensor<3x4xf32>
  %c = engine.reduce ins(%b : tensor<3x4xf32>) {kind = "max", axes = array<i64: 1>} -> tensor<3xf32>
  %r = engine.map ins(%c : tensor<3xf32>) -> tensor<3xi32> {
  ^bb0(%x: f32):
    %0 = arith.fptosi %x : f32 to i32
    engine.yield %0 : i32
  }
  func.return %r, %a : tensor<3xi32>, tensor<4x3xf32>
}

// CHECK-LABEL: func.func @near_miss_rounded_further_on
// CHECK-NEXT:        %{{.*}} = engine.map ins(%{{.*}} : tensor<4x3xf32>) -> tensor<4x3xf32> {
// CHECK-NEXT:        ^bb0(%{{.*}}: f32):
// CHECK-NEXT:          %{{.*}} = arith.constant 1.000000e-01 : f32
// CHECK-NEXT:          %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:          engine.yield %{{.*}} : f32
// CHECK-NEXT:        }
// CHECK-NEXT:        %{{.*}} = engine.transpose %{{.*}} {perm = array<i64: 1, 0>} : tensor<4x3xf32> -> tensor<3x4xf32>
// CHECK-NEXT:        %{{.*}} = engine.reduce ins(%{{.*}} : tensor<3x4xf32>) {kind = "max", axes = array<i64: 1>} -> tensor<3xf32>
// CHECK-NEXT:        %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) -> tensor<3xi32> {
// CHECK-NEXT:        ^bb0(%{{.*}}: f32):
// CHECK-NEXT:          %{{.*}} = arith.fptosi %{{.*}} : f32 to i32
// CHECK-NEXT:          engine.yield %{{.*}} : i32
// CHECK-NEXT:        }
// CHECK-NEXT:        func.return %{{.*}}, %{{.*}} : tensor<3xi32>, tensor<4x3xf32>
// CHECK-NEXT:      }

// -----

// What decides a comparison, or is summed up, may move.
func.func @compared_and_summed(%t0: tensor<4x3xf32>) -> tensor<4xi32> {
  %a = engine.map ins(%t0 : tensor<4x3xf32>) -> tensor<4x3xf32> {
  ^bb0(%x: f32):
    %s = arith.constant 10.0 : f32
    %z = arith.constant 0.0 : f32
    %0 = arith.divf %x, %s : f32
    %1 = arith.cmpf ogt, %0, %z : f32
    %2 = arith.select %1, %0, %z : f32
    engine.yield %2 : f32
  }
  %b = engine.reduce ins(%a : tensor<4x3xf32>) {kind = "sum", axes = array<i64: 1>} -> tensor<4xf32>
  %r = engine.map ins(%b : tensor<4xf32>) -> tensor<4xi32> {
  ^bb0(%x: f32):
    %0 = arith.fptosi %x : f32 to i32
    engine.yield %0 : i32
  }
  func.return %r : tensor<4xi32>
}

// CHECK-LABEL: func.func @compared_and_summed
// CHECK-NEXT:        %{{.*}} = engine.map ins(%{{.*}} : tensor<4x3xf32>) attributes {rewrites = ["divide-by-constant"]} -> tensor<4x3xf32> {
// CHECK-NEXT:        ^bb0(%{{.*}}: f32):
// CHECK-NEXT:          %{{.*}} = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:          %{{.*}} = arith.constant 1.000000e-01 : f32
// CHECK-NEXT:          %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:          %{{.*}} = arith.cmpf ogt, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:          %{{.*}} = arith.select %{{.*}}, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:          engine.yield %{{.*}} : f32
// CHECK-NEXT:        }
// CHECK-NEXT:        %{{.*}} = engine.reduce ins(%{{.*}} : tensor<4x3xf32>) {kind = "sum", axes = array<i64: 1>} -> tensor<4xf32>
// CHECK-NEXT:        %{{.*}} = engine.map ins(%{{.*}} : tensor<4xf32>) -> tensor<4xi32> {
// CHECK-NEXT:        ^bb0(%{{.*}}: f32):
// CHECK-NEXT:          %{{.*}} = arith.fptosi %{{.*}} : f32 to i32
// CHECK-NEXT:          engine.yield %{{.*}} : i32
// CHECK-NEXT:        }
// CHECK-NEXT:        func.return %{{.*}} : tensor<4xi32>
// CHECK-NEXT:      }
