// RUN: opt-tool %s --split-input-file -p 'optimize{only=simplify-select exactness=bitwise}' --check-numerics | filecheck %s

// Choices that are known, and negated conditions.

func.func @same(%t0: tensor<3xi1>, %t1: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0, %t1 : tensor<3xi1>, tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: i1, %y: f32):
    %a = arith.select %x, %y, %y : f32
    %0 = math.exp %a : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @same
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3xi1>, tensor<3xf32>) attributes {nodes = ["/map"], rewrites = ["simplify-select"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i1, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @known(%t0: tensor<3xf32>, %t1: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0, %t1 : tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32, %y: f32):
    %t = arith.constant false
    %a = arith.select %t, %x, %y : f32
    %0 = math.exp %a : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @known
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"], rewrites = ["simplify-select"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = math.exp %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @negated(%t0: tensor<3xi1>, %t1: tensor<3xf32>, %t2: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0, %t1, %t2 : tensor<3xi1>, tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: i1, %y: f32, %z: f32):
    %t = arith.constant true
    %n = arith.xori %x, %t : i1
    %0 = arith.select %n, %y, %z : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @negated
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<3xi1>, tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"], rewrites = ["simplify-select"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i1, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.select %{{.*}}, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_plain(%t0: tensor<3xi1>, %t1: tensor<3xf32>, %t2: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0, %t1, %t2 : tensor<3xi1>, tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: i1, %y: f32, %z: f32):
    %0 = arith.select %x, %y, %z : f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_plain
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<3xi1>, tensor<3xf32>, tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i1, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.select %{{.*}}, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }
