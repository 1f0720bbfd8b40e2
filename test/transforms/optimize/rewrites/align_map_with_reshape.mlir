// RUN: opt-tool %s --split-input-file -p 'optimize{only=align-map-with-reshape exactness=bitwise}' --check-numerics | filecheck %s

// A map on a reshaped product moves before the reshape, so that it can become an epilogue.

func.func @bias(%x: tensor<4x3xf32>, %w: tensor<3x8xf32>, %b: tensor<8xf32>) -> tensor<1x4x8xf32> {
  %y = engine.matmul %x, %w {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x8xf32> -> tensor<4x8xf32>
  %a = engine.reshape %y : tensor<4x8xf32> -> tensor<1x4x8xf32>
  %r = engine.map ins(%a, %b : tensor<1x4x8xf32>, tensor<8xf32>) attributes {nodes = ["/add"]} -> tensor<1x4x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<1x4x8xf32>
}

// CHECK-LABEL: func.func @bias
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x8xf32> -> tensor<4x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<8xf32>) attributes {nodes = ["/add"], rewrites = ["align-map-with-reshape"]} -> tensor<4x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {nodes = ["/add"], rewrites = ["align-map-with-reshape"]} : tensor<4x8xf32> -> tensor<1x4x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x4x8xf32>
// CHECK-NEXT:    }

// -----

// The residual is reshaped instead, which costs nothing.
func.func @residual(%x: tensor<4x3xf32>, %w: tensor<3x8xf32>, %b: tensor<2x2x8xf32>) -> tensor<2x2x8xf32> {
  %y = engine.matmul %x, %w {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x8xf32> -> tensor<4x8xf32>
  %a = engine.reshape %y : tensor<4x8xf32> -> tensor<2x2x8xf32>
  %r = engine.map ins(%b, %a : tensor<2x2x8xf32>, tensor<2x2x8xf32>) attributes {nodes = ["/add"]} -> tensor<2x2x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<2x2x8xf32>
}

// CHECK-LABEL: func.func @residual
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x8xf32> -> tensor<4x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {nodes = ["/add"], rewrites = ["align-map-with-reshape"]} : tensor<2x2x8xf32> -> tensor<4x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<4x8xf32>) attributes {nodes = ["/add"], rewrites = ["align-map-with-reshape"]} -> tensor<4x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {nodes = ["/add"], rewrites = ["align-map-with-reshape"]} : tensor<4x8xf32> -> tensor<2x2x8xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x2x8xf32>
// CHECK-NEXT:    }

// -----

// There is no product to take the map over.
func.func @near_miss_no_product(%y: tensor<4x8xf32>, %b: tensor<8xf32>) -> tensor<1x4x8xf32> {
  %a = engine.reshape %y : tensor<4x8xf32> -> tensor<1x4x8xf32>
  %r = engine.map ins(%a, %b : tensor<1x4x8xf32>, tensor<8xf32>) attributes {nodes = ["/add"]} -> tensor<1x4x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<1x4x8xf32>
}

// CHECK-LABEL: func.func @near_miss_no_product
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<4x8xf32> -> tensor<1x4x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<1x4x8xf32>, tensor<8xf32>) attributes {nodes = ["/add"]} -> tensor<1x4x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x4x8xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_second_use(%x: tensor<4x3xf32>, %w: tensor<3x8xf32>, %b: tensor<8xf32>) -> (tensor<1x4x8xf32>, tensor<1x4x8xf32>) {
  %y = engine.matmul %x, %w {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x8xf32> -> tensor<4x8xf32>
  %a = engine.reshape %y : tensor<4x8xf32> -> tensor<1x4x8xf32>
  %r = engine.map ins(%a, %b : tensor<1x4x8xf32>, tensor<8xf32>) attributes {nodes = ["/add"]} -> tensor<1x4x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %r, %a : tensor<1x4x8xf32>, tensor<1x4x8xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x8xf32> -> tensor<4x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<4x8xf32> -> tensor<1x4x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<1x4x8xf32>, tensor<8xf32>) attributes {nodes = ["/add"]} -> tensor<1x4x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<1x4x8xf32>, tensor<1x4x8xf32>
// CHECK-NEXT:    }

// -----

// The other operand varies along a dimension that does not stay.
func.func @near_miss_rows(%x: tensor<4x3xf32>, %w: tensor<3x8xf32>, %b: tensor<2x1x1xf32>) -> tensor<2x2x8xf32> {
  %y = engine.matmul %x, %w {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x8xf32> -> tensor<4x8xf32>
  %a = engine.reshape %y : tensor<4x8xf32> -> tensor<2x2x8xf32>
  %r = engine.map ins(%a, %b : tensor<2x2x8xf32>, tensor<2x1x1xf32>) attributes {nodes = ["/add"]} -> tensor<2x2x8xf32> {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %q : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<2x2x8xf32>
}

// CHECK-LABEL: func.func @near_miss_rows
// CHECK-NEXT:      %{{.*}} = engine.matmul %{{.*}}, %{{.*}} {nodes = ["/y"]} : tensor<4x3xf32>, tensor<3x8xf32> -> tensor<4x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<4x8xf32> -> tensor<2x2x8xf32>
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<2x2x8xf32>, tensor<2x1x1xf32>) attributes {nodes = ["/add"]} -> tensor<2x2x8xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x2x8xf32>
// CHECK-NEXT:    }
