// RUN: opt-tool %s --split-input-file -p 'promote-half-precision' --check-numerics | filecheck %s
// RUN: opt-tool %s --split-input-file -p 'promote-half-precision{exactness=bitwise}' | filecheck %s --check-prefix=SAME

// SAME-NOT: extf

// Between the argument and the result nothing is rounded to 16 bits. The sum has two users.
func.func @between(%x: tensor<2x5xf16>, %w: tensor<5x3xf16>) -> (tensor<2x3xf16>, tensor<2x3xf16>) {
  %c = engine.constant dense<0.5> : tensor<1xf16> -> tensor<1xf16>
  %y = engine.matmul %x, %w {nodes = ["/mm"]} : tensor<2x5xf16>, tensor<5x3xf16> -> tensor<2x3xf16>
  %z = engine.map ins(%y, %c : tensor<2x3xf16>, tensor<1xf16>) attributes {nodes = ["/map"]} -> tensor<2x3xf16> {
  ^bb0(%a: f16, %b: f16):
    %0 = arith.constant 2.000000e+00 : f16
    %1 = arith.mulf %a, %0 : f16
    %2 = arith.addf %1, %b : f16
    engine.yield %2 : f16
  }
  func.return %y, %z : tensor<2x3xf16>, tensor<2x3xf16>
}

// CHECK-LABEL: func.func @between(%x: tensor<2x5xf16>, %w: tensor<5x3xf16>) -> (tensor<2x3xf16>, tensor<2x3xf16>)
// CHECK-COUNT-2: arith.extf
// CHECK:       [[Y:%.*]] = engine.matmul {{.*}} {nodes = ["/mm"], rewrites = ["promote-half-precision"]} : tensor<2x5xf32>, tensor<5x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT:  [[C:%.*]] = engine.constant dense<5.000000e-01> : tensor<1xf32> -> tensor<1xf32>
// CHECK-NEXT:  engine.map ins([[Y]], [[C]] : tensor<2x3xf32>, tensor<1xf32>)
// CHECK:         arith.constant 2.000000e+00 : f32
// CHECK:       engine.map ins([[Y]] : tensor<2x3xf32>) attributes {nodes = ["/mm"], rewrites = ["promote-half-precision"]} -> tensor<2x3xf16>
// CHECK:         arith.truncf
// CHECK:         arith.truncf
// CHECK:       func.return %{{.*}}, %{{.*}} : tensor<2x3xf16>, tensor<2x3xf16>

// -----

// A rounding in the model itself goes too; the border of a pad is a number as well.
func.func @cast_and_pad(%x: tensor<1x2xf32>) -> tensor<1x1xbf16> {
  %h = engine.map ins(%x : tensor<1x2xf32>) -> tensor<1x2xbf16> {
  ^bb0(%a: f32):
    %0 = arith.truncf %a : f32 to bf16
    engine.yield %0 : bf16
  }
  %p = engine.pad %h {low = array<i64: 0, 1>, high = array<i64: 0, 0>, mode = "constant", value = 1.500000e+00 : bf16} : tensor<1x2xbf16> -> tensor<1x3xbf16>
  %y = engine.reduce ins(%p : tensor<1x3xbf16>) {kind = "sum", axes = array<i64: 1>, keepdims} -> tensor<1x1xbf16>
  func.return %y : tensor<1x1xbf16>
}

// CHECK-LABEL: func.func @cast_and_pad
// CHECK-NEXT:  engine.map
// CHECK-NOT:   truncf
// CHECK:       value = 1.500000e+00 : f32
// CHECK:       engine.reduce ins(%{{.*}} : tensor<1x3xf32>)
// CHECK:       arith.truncf

// -----

// Rows are gathered from the table as it is, and widened.
func.func @table(%i: tensor<2xi64>) -> tensor<2x4xf16> {
  %t = engine.constant dense<1.0> : tensor<9x4xf16> -> tensor<9x4xf16>
  %r = engine.gather %t, %i {axis = 0 : i64} : tensor<9x4xf16>, tensor<2xi64> -> tensor<2x4xf16>
  %y = engine.softmax %r {axis = 1 : i64} : tensor<2x4xf16> -> tensor<2x4xf16>
  func.return %y : tensor<2x4xf16>
}

// CHECK-LABEL: func.func @table
// CHECK-NEXT:  engine.constant {{.*}} -> tensor<9x4xf16>
// CHECK-NEXT:  %{{.*}} = engine.gather %{{.*}}, %i {{.*}} : tensor<9x4xf16>, tensor<2xi64> -> tensor<2x4xf16>
// CHECK:       arith.extf
// CHECK:       engine.softmax {{.*}} : tensor<2x4xf32>

// -----

// What looks at bits sees those of 16: it is given the rounded sum.
func.func @bits(%x: tensor<2x4xf16>) -> tensor<2x1xi16> {
  %s = engine.reduce ins(%x : tensor<2x4xf16>) {kind = "max", axes = array<i64: 1>, keepdims} -> tensor<2x1xf16>
  %b = engine.map ins(%s : tensor<2x1xf16>) -> tensor<2x1xi16> {
  ^bb0(%a: f16):
    %0 = arith.bitcast %a : f16 to i16
    engine.yield %0 : i16
  }
  func.return %b : tensor<2x1xi16>
}

// CHECK-LABEL: func.func @bits
// CHECK:       engine.reduce {{.*}} -> tensor<2x1xf32>
// CHECK:       [[R:%.*]] = arith.truncf
// CHECK:       arith.bitcast %{{.*}} : f16 to i16

// -----

// Near miss: nothing is summed, so nothing is gained.
func.func @maps_only(%x: tensor<2x4xf16>) -> tensor<4x2xf16> {
  %t = engine.transpose %x {perm = array<i64: 1, 0>} : tensor<2x4xf16> -> tensor<4x2xf16>
  %y = engine.map ins(%t : tensor<4x2xf16>) -> tensor<4x2xf16> {
  ^bb0(%a: f16):
    %0 = arith.negf %a : f16
    engine.yield %0 : f16
  }
  func.return %y : tensor<4x2xf16>
}

// CHECK-LABEL: func.func @maps_only
// CHECK-NOT:   f32

// -----

// What a loop carries keeps its type; inside it is summed in f32. What was promoted outside is used
// as it is, and what stays in 16 bits there is widened before the loop.
func.func @loop(%n: tensor<i64>, %x: tensor<2x3xf16>, %w: tensor<3x3xf16>) -> tensor<2x3xf16> {
  %p = engine.matmul %x, %w {nodes = ["/outside"]} : tensor<2x3xf16>, tensor<3x3xf16> -> tensor<2x3xf16>
  %y = engine.loop limit(%n : tensor<i64>) carry(%x : tensor<2x3xf16>) -> tensor<2x3xf16> {
  ^bb0(%i: tensor<i64>, %v: tensor<2x3xf16>):
    %m = engine.matmul %v, %w {nodes = ["/inside"]} : tensor<2x3xf16>, tensor<3x3xf16> -> tensor<2x3xf16>
    %s = engine.map ins(%m, %p : tensor<2x3xf16>, tensor<2x3xf16>) -> tensor<2x3xf16> {
    ^bb1(%a: f16, %b: f16):
      %0 = arith.addf %a, %b : f16
      engine.yield %0 : f16
    }
    engine.yield %s : tensor<2x3xf16>
  }
  func.return %y : tensor<2x3xf16>
}

// CHECK-LABEL: func.func @loop
// CHECK-COUNT-2: arith.extf
// CHECK:       [[P:%.*]] = engine.matmul {{.*}} {nodes = ["/outside"]
// CHECK-SAME:    -> tensor<2x3xf32>
// CHECK-NOT:   arith.truncf
// CHECK:       engine.loop limit(%n : tensor<i64>) carry(%x : tensor<2x3xf16>) -> tensor<2x3xf16> {
// CHECK:         arith.extf
// CHECK:         [[M:%.*]] = engine.matmul {{.*}} {nodes = ["/inside"]
// CHECK-SAME:      : tensor<2x3xf32>, tensor<3x3xf32> -> tensor<2x3xf32>
// CHECK-NOT:     arith.extf
// CHECK:         engine.map ins([[M]], [[P]] : tensor<2x3xf32>, tensor<2x3xf32>)
// CHECK:         arith.truncf
// CHECK:         engine.yield %{{.*}} : tensor<2x3xf16>

// -----

// Branches give 16 bits; one yields what was promoted outside, which is cut back before the branch.
func.func @branch(%c: tensor<i1>, %x: tensor<2x3xf16>) -> (tensor<2x3xf16>, tensor<2x3xf16>) {
  %p = engine.softmax %x {axis = 1 : i64} : tensor<2x3xf16> -> tensor<2x3xf16>
  %y = engine.if %c : tensor<i1> -> tensor<2x3xf16> {
    engine.yield %p : tensor<2x3xf16>
  } else {
    %q = engine.softmax %p {axis = 0 : i64} : tensor<2x3xf16> -> tensor<2x3xf16>
    engine.yield %q : tensor<2x3xf16>
  }
  %z = engine.softmax %y {axis = 1 : i64} : tensor<2x3xf16> -> tensor<2x3xf16>
  func.return %y, %z : tensor<2x3xf16>, tensor<2x3xf16>
}

// CHECK-LABEL: func.func @branch
// CHECK:       [[P:%.*]] = engine.softmax {{.*}} tensor<2x3xf32>
// CHECK:       [[N:%.*]] = engine.map ins([[P]]
// CHECK:         arith.truncf
// CHECK:       engine.if %c : tensor<i1> -> tensor<2x3xf16> {
// CHECK-NEXT:    engine.yield [[N]] : tensor<2x3xf16>
// CHECK-NEXT:  } else {
// CHECK-NEXT:    engine.softmax [[P]] {{.*}}axis = 0 : i64{{.*}} -> tensor<2x3xf32>
// CHECK:         arith.truncf
// CHECK:       arith.extf
// CHECK:       engine.softmax {{.*}}axis = 1 : i64{{.*}} -> tensor<2x3xf32>

// -----

// A loop that only maps numbers stays as it is: nothing in it or around it is a sum.
func.func @maps(%n: tensor<i64>, %x: tensor<3xf16>) -> tensor<3xf16> {
  %y = engine.loop limit(%n : tensor<i64>) carry(%x : tensor<3xf16>) -> tensor<3xf16> {
  ^bb0(%i: tensor<i64>, %v: tensor<3xf16>):
    %s = engine.map ins(%v : tensor<3xf16>) -> tensor<3xf16> {
    ^bb1(%a: f16):
      %0 = arith.addf %a, %a : f16
      engine.yield %0 : f16
    }
    engine.yield %s : tensor<3xf16>
  }
  func.return %y : tensor<3xf16>
}

// CHECK-LABEL: func.func @maps
// CHECK-NOT:   f32
