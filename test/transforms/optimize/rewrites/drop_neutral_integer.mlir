// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-neutral-integer exactness=bitwise}' --check-numerics | filecheck %s

// Integer operations that change nothing.

func.func @plus_zero(%t0: tensor<3xi64>) -> tensor<3xi64> {
  %r = engine.map ins(%t0 : tensor<3xi64>) attributes {nodes = ["/map"]} -> tensor<3xi64> {
  ^bb0(%x: i64):
    %a = arith.constant 0 : i64
    %b = arith.addi %x, %a : i64
    %0 = arith.muli %b, %b : i64
    engine.yield %0 : i64
  }
  func.return %r : tensor<3xi64>
}

// CHECK-LABEL: func.func @plus_zero
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xi64>) attributes {nodes = ["/map"], rewrites = ["drop-neutral-integer"]} -> tensor<3xi64> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i64):
// CHECK-NEXT:        %{{.*}} = arith.muli %{{.*}}, %{{.*}} : i64
// CHECK-NEXT:        engine.yield %{{.*}} : i64
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xi64>
// CHECK-NEXT:    }

// -----

func.func @and_true(%t0: tensor<3xi1>, %t1: tensor<3xi1>) -> tensor<3xi1> {
  %r = engine.map ins(%t0, %t1 : tensor<3xi1>, tensor<3xi1>) attributes {nodes = ["/map"]} -> tensor<3xi1> {
  ^bb0(%x: i1, %y: i1):
    %a = arith.constant true
    %b = arith.andi %x, %a : i1
    %0 = arith.xori %b, %y : i1
    engine.yield %0 : i1
  }
  func.return %r : tensor<3xi1>
}

// CHECK-LABEL: func.func @and_true
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3xi1>, tensor<3xi1>) attributes {nodes = ["/map"], rewrites = ["drop-neutral-integer"]} -> tensor<3xi1> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i1, %{{.*}}: i1):
// CHECK-NEXT:        %{{.*}} = arith.xori %{{.*}}, %{{.*}} : i1
// CHECK-NEXT:        engine.yield %{{.*}} : i1
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xi1>
// CHECK-NEXT:    }

// -----

// x & 1 keeps one bit.
func.func @near_miss_and_one(%t0: tensor<3xi64>) -> tensor<3xi64> {
  %r = engine.map ins(%t0 : tensor<3xi64>) attributes {nodes = ["/map"]} -> tensor<3xi64> {
  ^bb0(%x: i64):
    %a = arith.constant 1 : i64
    %0 = arith.andi %x, %a : i64
    engine.yield %0 : i64
  }
  func.return %r : tensor<3xi64>
}

// CHECK-LABEL: func.func @near_miss_and_one
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xi64>) attributes {nodes = ["/map"]} -> tensor<3xi64> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i64):
// CHECK-NEXT:        %{{.*}} = arith.constant 1 : i64
// CHECK-NEXT:        %{{.*}} = arith.andi %{{.*}}, %{{.*}} : i64
// CHECK-NEXT:        engine.yield %{{.*}} : i64
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xi64>
// CHECK-NEXT:    }

// -----

func.func @near_miss_plus_one(%t0: tensor<3xi64>) -> tensor<3xi64> {
  %r = engine.map ins(%t0 : tensor<3xi64>) attributes {nodes = ["/map"]} -> tensor<3xi64> {
  ^bb0(%x: i64):
    %a = arith.constant 1 : i64
    %0 = arith.addi %x, %a : i64
    engine.yield %0 : i64
  }
  func.return %r : tensor<3xi64>
}

// CHECK-LABEL: func.func @near_miss_plus_one
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xi64>) attributes {nodes = ["/map"]} -> tensor<3xi64> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i64):
// CHECK-NEXT:        %{{.*}} = arith.constant 1 : i64
// CHECK-NEXT:        %{{.*}} = arith.addi %{{.*}}, %{{.*}} : i64
// CHECK-NEXT:        engine.yield %{{.*}} : i64
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xi64>
// CHECK-NEXT:    }
