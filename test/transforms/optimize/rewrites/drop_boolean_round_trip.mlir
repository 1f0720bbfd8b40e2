// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-boolean-round-trip exactness=bitwise}' --check-numerics | filecheck %s

// A boolean as a number, compared with 0, is itself.

func.func @not_zero(%t0: tensor<3xi1>, %t1: tensor<3xi1>) -> tensor<3xi1> {
  %r = engine.map ins(%t0, %t1 : tensor<3xi1>, tensor<3xi1>) attributes {nodes = ["/map"]} -> tensor<3xi1> {
  ^bb0(%x: i1, %y: i1):
    %a = arith.extui %x : i1 to i64
    %z = arith.constant 0 : i64
    %b = arith.cmpi ne, %a, %z : i64
    %0 = arith.andi %b, %y : i1
    engine.yield %0 : i1
  }
  func.return %r : tensor<3xi1>
}

// CHECK-LABEL: func.func @not_zero
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3xi1>, tensor<3xi1>) attributes {nodes = ["/map"], rewrites = ["drop-boolean-round-trip"]} -> tensor<3xi1> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i1, %{{.*}}: i1):
// CHECK-NEXT:        %{{.*}} = arith.andi %{{.*}}, %{{.*}} : i1
// CHECK-NEXT:        engine.yield %{{.*}} : i1
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xi1>
// CHECK-NEXT:    }

// -----

func.func @is_zero(%t0: tensor<3xi1>, %t1: tensor<3xi1>) -> tensor<3xi1> {
  %r = engine.map ins(%t0, %t1 : tensor<3xi1>, tensor<3xi1>) attributes {nodes = ["/map"]} -> tensor<3xi1> {
  ^bb0(%x: i1, %y: i1):
    %a = arith.extui %x : i1 to i64
    %z = arith.constant 0 : i64
    %b = arith.cmpi eq, %a, %z : i64
    %0 = arith.andi %b, %y : i1
    engine.yield %0 : i1
  }
  func.return %r : tensor<3xi1>
}

// CHECK-LABEL: func.func @is_zero
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}}, %{{.*}} : tensor<3xi1>, tensor<3xi1>) attributes {nodes = ["/map"], rewrites = ["drop-boolean-round-trip"]} -> tensor<3xi1> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i1, %{{.*}}: i1):
// CHECK-NEXT:        %{{.*}} = arith.constant true
// CHECK-NEXT:        %{{.*}} = arith.xori %{{.*}}, %{{.*}} : i1
// CHECK-NEXT:        %{{.*}} = arith.andi %{{.*}}, %{{.*}} : i1
// CHECK-NEXT:        engine.yield %{{.*}} : i1
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xi1>
// CHECK-NEXT:    }

// -----

// Compared with 1.
func.func @near_miss_one(%t0: tensor<3xi1>) -> tensor<3xi1> {
  %r = engine.map ins(%t0 : tensor<3xi1>) attributes {nodes = ["/map"]} -> tensor<3xi1> {
  ^bb0(%x: i1):
    %a = arith.extui %x : i1 to i64
    %z = arith.constant 1 : i64
    %0 = arith.cmpi ne, %a, %z : i64
    engine.yield %0 : i1
  }
  func.return %r : tensor<3xi1>
}

// CHECK-LABEL: func.func @near_miss_one
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xi1>) attributes {nodes = ["/map"]} -> tensor<3xi1> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i1):
// CHECK-NEXT:        %{{.*}} = arith.extui %{{.*}} : i1 to i64
// CHECK-NEXT:        %{{.*}} = arith.constant 1 : i64
// CHECK-NEXT:        %{{.*}} = arith.cmpi ne, %{{.*}}, %{{.*}} : i64
// CHECK-NEXT:        engine.yield %{{.*}} : i1
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xi1>
// CHECK-NEXT:    }

// -----

// What is extended has more than two values.
func.func @near_miss_wide(%t0: tensor<3xi8>) -> tensor<3xi1> {
  %r = engine.map ins(%t0 : tensor<3xi8>) attributes {nodes = ["/map"]} -> tensor<3xi1> {
  ^bb0(%x: i8):
    %a = arith.extui %x : i8 to i64
    %z = arith.constant 0 : i64
    %0 = arith.cmpi ne, %a, %z : i64
    engine.yield %0 : i1
  }
  func.return %r : tensor<3xi1>
}

// CHECK-LABEL: func.func @near_miss_wide
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xi8>) attributes {nodes = ["/map"]} -> tensor<3xi1> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i8):
// CHECK-NEXT:        %{{.*}} = arith.extui %{{.*}} : i8 to i64
// CHECK-NEXT:        %{{.*}} = arith.constant 0 : i64
// CHECK-NEXT:        %{{.*}} = arith.cmpi ne, %{{.*}}, %{{.*}} : i64
// CHECK-NEXT:        engine.yield %{{.*}} : i1
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xi1>
// CHECK-NEXT:    }
