// RUN: opt-tool %s --split-input-file -p 'optimize{only=add-negation exactness=bitwise}' --check-numerics | filecheck %s

// Adding a negation is a subtraction.

func.func @right(%t0: tensor<3xf32>, %t1: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0, %t1 : tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32, %y: f32):
    %a = arith.negf %y : f32
    %0 = arith.addf %x, %a : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @right
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"], rewrites = ["add-negation"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @left(%t0: tensor<3xf32>, %t1: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0, %t1 : tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32, %y: f32):
    %a = arith.negf %x : f32
    %0 = arith.addf %a, %y : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @left
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"], rewrites = ["add-negation"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @subtracted(%t0: tensor<3xf32>, %t1: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0, %t1 : tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32, %y: f32):
    %a = arith.negf %y : f32
    %0 = arith.subf %x, %a : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @subtracted
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"], rewrites = ["add-negation"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_negated_minuend(%t0: tensor<3xf32>, %t1: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0, %t1 : tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32, %y: f32):
    %a = arith.negf %x : f32
    %0 = arith.subf %a, %y : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_negated_minuend
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_product(%t0: tensor<3xf32>, %t1: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0, %t1 : tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32, %y: f32):
    %a = arith.negf %x : f32
    %0 = arith.mulf %a, %y : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_product
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }
