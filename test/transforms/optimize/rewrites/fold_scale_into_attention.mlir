// RUN: opt-tool %s --split-input-file -p 'optimize{only=fold-scale-into-attention exactness=rounding}' --check-numerics | filecheck %s

// A constant factor of queries or keys is a factor of the scores.

func.func @queries(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %a = engine.map ins(%q : tensor<1x2x3x4xf32>) attributes {nodes = ["/scale"]} -> tensor<1x2x3x4xf32> {
  ^bb0(%p: f32):
    %c = arith.constant 0.25 : f32
    %0 = arith.mulf %p, %c : f32
    engine.yield %0 : f32
  }
  %y = engine.attention %a, %k, %v {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @queries
// CHECK-NEXT:      %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} {nodes = ["/scale", "/attention"], rewrites = ["fold-scale-into-attention"], scale = 1.250000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @both_through_views(%q: tensor<1x3x2x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %a = engine.map ins(%q : tensor<1x3x2x4xf32>) attributes {nodes = ["/scale"]} -> tensor<1x3x2x4xf32> {
  ^bb0(%p: f32):
    %c = arith.constant 0.25 : f32
    %0 = arith.mulf %p, %c : f32
    engine.yield %0 : f32
  }
  %t = engine.transpose %a {nodes = ["/t"], perm = array<i64: 0, 2, 1, 3>} : tensor<1x3x2x4xf32> -> tensor<1x2x3x4xf32>
  %b = engine.map ins(%k : tensor<1x2x3x4xf32>) attributes {nodes = ["/scale"]} -> tensor<1x2x3x4xf32> {
  ^bb0(%p: f32):
    %c = arith.constant 0.25 : f32
    %0 = arith.mulf %p, %c : f32
    engine.yield %0 : f32
  }
  %y = engine.attention %t, %b, %v {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @both_through_views
// CHECK-NEXT:      %{{.*}} = engine.transpose %{{.*}} {nodes = ["/t", "/scale", "/attention"], rewrites = ["fold-scale-into-attention"], perm = array<i64: 0, 2, 1, 3>} : tensor<1x3x2x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} {nodes = ["/scale", "/attention"], rewrites = ["fold-scale-into-attention"], scale = 3.125000e-02 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_second_use(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> (tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>) {
  %a = engine.map ins(%q : tensor<1x2x3x4xf32>) attributes {nodes = ["/scale"]} -> tensor<1x2x3x4xf32> {
  ^bb0(%p: f32):
    %c = arith.constant 0.25 : f32
    %0 = arith.mulf %p, %c : f32
    engine.yield %0 : f32
  }
  %y = engine.attention %a, %k, %v {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y, %a : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<1x2x3x4xf32>) attributes {nodes = ["/scale"]} -> tensor<1x2x3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 2.500000e-01 : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>
// CHECK-NEXT:    }

// -----

// A factor of the values is none of the scores.
func.func @near_miss_values(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %a = engine.map ins(%v : tensor<1x2x3x4xf32>) attributes {nodes = ["/scale"]} -> tensor<1x2x3x4xf32> {
  ^bb0(%p: f32):
    %c = arith.constant 0.25 : f32
    %0 = arith.mulf %p, %c : f32
    engine.yield %0 : f32
  }
  %y = engine.attention %q, %k, %a {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_values
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<1x2x3x4xf32>) attributes {nodes = ["/scale"]} -> tensor<1x2x3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.constant 2.500000e-01 : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_tensor(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>, %s: tensor<4xf32>) -> tensor<1x2x3x4xf32> {
  %a = engine.map ins(%q, %s : tensor<1x2x3x4xf32>, tensor<4xf32>) -> tensor<1x2x3x4xf32> {
  ^bb0(%p: f32, %t: f32):
    %0 = arith.mulf %p, %t : f32
    engine.yield %0 : f32
  }
  %y = engine.attention %a, %k, %v {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_tensor
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<1x2x3x4xf32>, tensor<4xf32>) -> tensor<1x2x3x4xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:    }

// -----

// The product of queries and keys would be smaller by 10^20 than it was.
func.func @near_miss_huge(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %a = engine.map ins(%q : tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  ^bb0(%p: f32):
    %c = arith.constant 1.0e20 : f32
    %0 = arith.mulf %p, %c : f32
    engine.yield %0 : f32
  }
  %y = engine.attention %a, %k, %v {scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_huge
// CHECK-NEXT:        %{{.*}} = engine.map ins(%{{.*}} : tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
// CHECK-NEXT:        ^bb0(%{{.*}}: f32):
// CHECK-NEXT:          %{{.*}} = arith.constant 1.000000e+20 : f32
// CHECK-NEXT:          %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:          engine.yield %{{.*}} : f32
// CHECK-NEXT:        }
// CHECK-NEXT:        %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} {scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:        func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:      }

// -----

// Neither factor is much, but their product is.
func.func @near_miss_product(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %a = engine.map ins(%q : tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  ^bb0(%p: f32):
    %c = arith.constant 1.0e-4 : f32
    %0 = arith.mulf %p, %c : f32
    engine.yield %0 : f32
  }
  %y = engine.attention %a, %k, %v {scale = 1.000000e-04 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_product
// CHECK-NEXT:        %{{.*}} = engine.map ins(%{{.*}} : tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
// CHECK-NEXT:        ^bb0(%{{.*}}: f32):
// CHECK-NEXT:          %{{.*}} = arith.constant 1.000000e-04 : f32
// CHECK-NEXT:          %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:          engine.yield %{{.*}} : f32
// CHECK-NEXT:        }
// CHECK-NEXT:        %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} {scale = 1.000000e-04 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:        func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:      }
