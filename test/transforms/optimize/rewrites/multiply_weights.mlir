// RUN: opt-tool %s --split-input-file -p 'optimize{only=multiply-weights exactness=rounding}' --check-numerics | filecheck %s

// Two products with constants in a row are one.

func.func @narrowing(%x: tensor<5x4xf32>) -> tensor<5x3xf32> {
  %a = engine.constant dense<0.25> : tensor<4x6xf32> -> tensor<4x6xf32>
  %b = engine.constant dense<0.5> : tensor<6x3xf32> -> tensor<6x3xf32>
  %h = engine.matmul %x, %a {nodes = ["/h"]} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32>
  %y = engine.matmul %h, %b {nodes = ["/y"]} : tensor<5x6xf32>, tensor<6x3xf32> -> tensor<5x3xf32>
  func.return %y : tensor<5x3xf32>
}

// CHECK-LABEL: func.func @narrowing
// CHECK-NEXT:      %{{.*}} = engine.constant dense<7.500000e-01> : tensor<4x3xf32> -> tensor<4x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/h", "/y"], rewrites = ["multiply-weights"]} : tensor<5x4xf32>, tensor<4x3xf32> -> tensor<5x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<5x3xf32>
// CHECK-NEXT:    }

// -----

// A low-rank pair is smaller than its product.
func.func @near_miss_bottleneck(%x: tensor<5x4xf32>) -> tensor<5x4xf32> {
  %a = engine.constant dense<0.25> : tensor<4x1xf32> -> tensor<4x1xf32>
  %b = engine.constant dense<0.5> : tensor<1x4xf32> -> tensor<1x4xf32>
  %h = engine.matmul %x, %a {nodes = ["/h"]} : tensor<5x4xf32>, tensor<4x1xf32> -> tensor<5x1xf32>
  %y = engine.matmul %h, %b {nodes = ["/y"]} : tensor<5x1xf32>, tensor<1x4xf32> -> tensor<5x4xf32>
  func.return %y : tensor<5x4xf32>
}

// CHECK-LABEL: func.func @near_miss_bottleneck
// CHECK-NEXT:      %{{.*}} = engine.constant dense<2.500000e-01> : tensor<4x1xf32> -> tensor<4x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.constant dense<5.000000e-01> : tensor<1x4xf32> -> tensor<1x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/h"]} : tensor<5x4xf32>, tensor<4x1xf32> -> tensor<5x1xf32>
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<5x1xf32>, tensor<1x4xf32> -> tensor<5x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<5x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_second_use(%x: tensor<5x4xf32>) -> (tensor<5x3xf32>, tensor<5x6xf32>) {
  %a = engine.constant dense<0.25> : tensor<4x6xf32> -> tensor<4x6xf32>
  %b = engine.constant dense<0.5> : tensor<6x3xf32> -> tensor<6x3xf32>
  %h = engine.matmul %x, %a {nodes = ["/h"]} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32>
  %y = engine.matmul %h, %b {nodes = ["/y"]} : tensor<5x6xf32>, tensor<6x3xf32> -> tensor<5x3xf32>
  func.return %y, %h : tensor<5x3xf32>, tensor<5x6xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:      %{{.*}} = engine.constant dense<2.500000e-01> : tensor<4x6xf32> -> tensor<4x6xf32>
// CHECK-NEXT:      %{{.*}} = engine.constant dense<5.000000e-01> : tensor<6x3xf32> -> tensor<6x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/h"]} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32>
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<5x6xf32>, tensor<6x3xf32> -> tensor<5x3xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<5x3xf32>, tensor<5x6xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_input(%x: tensor<5x4xf32>, %a: tensor<4x6xf32>) -> tensor<5x3xf32> {
  %b = engine.constant dense<0.5> : tensor<6x3xf32> -> tensor<6x3xf32>
  %h = engine.matmul %x, %a {nodes = ["/h"]} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32>
  %y = engine.matmul %h, %b {nodes = ["/y"]} : tensor<5x6xf32>, tensor<6x3xf32> -> tensor<5x3xf32>
  func.return %y : tensor<5x3xf32>
}

// CHECK-LABEL: func.func @near_miss_input
// CHECK-NEXT:      %{{.*}} = engine.constant dense<5.000000e-01> : tensor<6x3xf32> -> tensor<6x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/h"]} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32>
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<5x6xf32>, tensor<6x3xf32> -> tensor<5x3xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<5x3xf32>
// CHECK-NEXT:    }

// -----

// The product overflows, though x @ a may be small.
func.func @near_miss_overflow(%x: tensor<5x4xf32>) -> tensor<5x3xf32> {
  %a = engine.constant dense<1.0e+25> : tensor<4x6xf32> -> tensor<4x6xf32>
  %b = engine.constant dense<1.0e+20> : tensor<6x3xf32> -> tensor<6x3xf32>
  %h = engine.matmul %x, %a : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32>
  %y = engine.matmul %h, %b : tensor<5x6xf32>, tensor<6x3xf32> -> tensor<5x3xf32>
  func.return %y : tensor<5x3xf32>
}

// CHECK-LABEL: func.func @near_miss_overflow
// CHECK-NEXT:        %{{.*}} = engine.constant dense<1.000000e+25> : tensor<4x6xf32> -> tensor<4x6xf32>
// CHECK-NEXT:        %{{.*}} = engine.constant dense<1.000000e+20> : tensor<6x3xf32> -> tensor<6x3xf32>
// CHECK-NEXT:        %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32>
// CHECK-NEXT:        %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<5x6xf32>, tensor<6x3xf32> -> tensor<5x3xf32>
// CHECK-NEXT:        func.return %{{.*}} : tensor<5x3xf32>
// CHECK-NEXT:      }

// -----

// It vanishes.
func.func @near_miss_underflow(%x: tensor<5x4xf32>) -> tensor<5x3xf32> {
  %a = engine.constant dense<1.0e-25> : tensor<4x6xf32> -> tensor<4x6xf32>
  %b = engine.constant dense<1.0e-15> : tensor<6x3xf32> -> tensor<6x3xf32>
  %h = engine.matmul %x, %a : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32>
  %y = engine.matmul %h, %b : tensor<5x6xf32>, tensor<6x3xf32> -> tensor<5x3xf32>
  func.return %y : tensor<5x3xf32>
}

// CHECK-LABEL: func.func @near_miss_underflow
// CHECK-NEXT:        %{{.*}} = engine.constant dense<1.000000e-25> : tensor<4x6xf32> -> tensor<4x6xf32>
// CHECK-NEXT:        %{{.*}} = engine.constant dense<1.000000e-15> : tensor<6x3xf32> -> tensor<6x3xf32>
// CHECK-NEXT:        %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32>
// CHECK-NEXT:        %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<5x6xf32>, tensor<6x3xf32> -> tensor<5x3xf32>
// CHECK-NEXT:        func.return %{{.*}} : tensor<5x3xf32>
// CHECK-NEXT:      }

// -----

func.func @near_miss_rounded(%x: tensor<5x4xf32>) -> tensor<5x3xf32> {
  %a = engine.constant dense<0.25> : tensor<4x6xf32> -> tensor<4x6xf32>
  %b = engine.constant dense<0.5> : tensor<6x3xf32> -> tensor<6x3xf32>
  %h = engine.matmul %x, %a : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32>
  %y = engine.matmul %h, %b : tensor<5x6xf32>, tensor<6x3xf32> -> tensor<5x3xf32> {
  ^bb0(%acc: f32):
    %1 = math.roundeven %acc : f32
    engine.yield %1 : f32
  }
  func.return %y : tensor<5x3xf32>
}

// CHECK-LABEL: func.func @near_miss_rounded
// CHECK-NEXT:        %{{.*}} = engine.constant dense<2.500000e-01> : tensor<4x6xf32> -> tensor<4x6xf32>
// CHECK-NEXT:        %{{.*}} = engine.constant dense<5.000000e-01> : tensor<6x3xf32> -> tensor<6x3xf32>
// CHECK-NEXT:        %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<5x4xf32>, tensor<4x6xf32> -> tensor<5x6xf32>
// CHECK-NEXT:        %{{.*}} = engine.matmul %{{.*}}, %{{.*}} : tensor<5x6xf32>, tensor<6x3xf32> -> tensor<5x3xf32> {
// CHECK-NEXT:        ^bb0(%{{.*}}: f32):
// CHECK-NEXT:          %{{.*}} = math.roundeven %{{.*}} : f32
// CHECK-NEXT:          engine.yield %{{.*}} : f32
// CHECK-NEXT:        }
// CHECK-NEXT:        func.return %{{.*}} : tensor<5x3xf32>
// CHECK-NEXT:      }
