// RUN: opt-tool %s --split-input-file -p 'optimize{only=drop-widening-round-trip exactness=bitwise}' --check-numerics | filecheck %s

// Wider and back is nowhere.

func.func @half(%t0: tensor<3xf16>) -> tensor<3xf16> {
  %r = engine.map ins(%t0 : tensor<3xf16>) attributes {nodes = ["/map"]} -> tensor<3xf16> {
  ^bb0(%x: f16):
    %a = arith.extf %x : f16 to f32
    %b = arith.truncf %a : f32 to f16
    %0 = arith.negf %b : f16
    engine.yield %0 : f16
  }
  func.return %r : tensor<3xf16>
}

// CHECK-LABEL: func.func @half
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf16>) attributes {nodes = ["/map"], rewrites = ["drop-widening-round-trip"]} -> tensor<3xf16> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f16):
// CHECK-NEXT:        %{{.*}} = arith.negf %{{.*}} : f16
// CHECK-NEXT:        engine.yield %{{.*}} : f16
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf16>
// CHECK-NEXT:    }

// -----

func.func @integer(%t0: tensor<3xi32>) -> tensor<3xi32> {
  %r = engine.map ins(%t0 : tensor<3xi32>) attributes {nodes = ["/map"]} -> tensor<3xi32> {
  ^bb0(%x: i32):
    %a = arith.extsi %x : i32 to i64
    %b = arith.trunci %a : i64 to i32
    %0 = arith.addi %b, %b : i32
    engine.yield %0 : i32
  }
  func.return %r : tensor<3xi32>
}

// CHECK-LABEL: func.func @integer
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xi32>) attributes {nodes = ["/map"], rewrites = ["drop-widening-round-trip"]} -> tensor<3xi32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i32):
// CHECK-NEXT:        %{{.*}} = arith.extsi %{{.*}} : i32 to i64
// CHECK-NEXT:        %{{.*}} = arith.addi %{{.*}}, %{{.*}} : i32
// CHECK-NEXT:        engine.yield %{{.*}} : i32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xi32>
// CHECK-NEXT:    }

// -----

// Narrower and back rounds.
func.func @near_miss_narrowing_first(%t0: tensor<3xf32>) -> tensor<3xf32> {
  %r = engine.map ins(%t0 : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
  ^bb0(%x: f32):
    %a = arith.truncf %x : f32 to f16
    %0 = arith.extf %a : f16 to f32
    engine.yield %0 : f32
  }
  func.return %r : tensor<3xf32>
}

// CHECK-LABEL: func.func @near_miss_narrowing_first
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xf32>) attributes {nodes = ["/map"]} -> tensor<3xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.truncf %{{.*}} : f32 to f16
// CHECK-NEXT:        %{{.*}} = arith.extf %{{.*}} : f16 to f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_other_type(%t0: tensor<3xi8>) -> tensor<3xi32> {
  %r = engine.map ins(%t0 : tensor<3xi8>) attributes {nodes = ["/map"]} -> tensor<3xi32> {
  ^bb0(%x: i8):
    %a = arith.extsi %x : i8 to i64
    %0 = arith.trunci %a : i64 to i32
    engine.yield %0 : i32
  }
  func.return %r : tensor<3xi32>
}

// CHECK-LABEL: func.func @near_miss_other_type
// CHECK-NEXT:      %{{.*}} = engine.map ins(%{{.*}} : tensor<3xi8>) attributes {nodes = ["/map"]} -> tensor<3xi32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: i8):
// CHECK-NEXT:        %{{.*}} = arith.extsi %{{.*}} : i8 to i64
// CHECK-NEXT:        %{{.*}} = arith.trunci %{{.*}} : i64 to i32
// CHECK-NEXT:        engine.yield %{{.*}} : i32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<3xi32>
// CHECK-NEXT:    }
