// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-integer-round-trip exactness=bitwise}' --check-numerics | filecheck %s

// To a float that holds every integer of the type, and back.

func.func @byte(%t0: tensor<3xi8>) -> tensor<3xi8> {
  %r = engine.map ins(%t0 : tensor<3xi8>) attributes {nodes = ["/map"]} -> tensor<3xi8> {
  ^bb0(%x: i8):
    %a = arith.sitofp %x : i8 to f32
    %b = arith.fptosi %a : f32 to i8
    %0 = arith.addi %b, %b : i8
    engine.yield %0 : i8
  }
  func.return %r : tensor<3xi8>
}

// CHECK-LABEL: func.func @byte
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xi8>) attributes {nodes = ["/map"], rewrites = ["drop-integer-round-trip"]} -> tensor<3xi8> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i8):
// CHECK-NEXT:        %{{.*}} = arith.addi %{{.*}}, %{{.*}} : i8
// CHECK-NEXT:        engine.yield %{{.*}} : i8
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xi8>
// CHECK-NEXT:    }

// -----

// f32 does not hold every i32.
func.func @near_miss_word(%t0: tensor<3xi32>) -> tensor<3xi32> {
  %r = engine.map ins(%t0 : tensor<3xi32>) attributes {nodes = ["/map"]} -> tensor<3xi32> {
  ^bb0(%x: i32):
    %a = arith.sitofp %x : i32 to f32
    %0 = arith.fptosi %a : f32 to i32
    engine.yield %0 : i32
  }
  func.return %r : tensor<3xi32>
}

// CHECK-LABEL: func.func @near_miss_word
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xi32>) attributes {nodes = ["/map"]} -> tensor<3xi32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i32):
// CHECK-NEXT:        %{{.*}} = arith.sitofp %{{.*}} : i32 to f32
// CHECK-NEXT:        %{{.*}} = arith.fptosi %{{.*}} : f32 to i32
// CHECK-NEXT:        engine.yield %{{.*}} : i32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xi32>
// CHECK-NEXT:    }
