// RUN: opt-tool %s --split-input-file --verify-diagnostics

// What constants and data movement check.

func.func @f() {
  // expected-error@below {{'engine.constant' value must be dense<...> or #engine.weight<...>}}
  %0 = engine.constant 1.0 : f32 -> tensor<f32>
  func.return
}

// -----

func.func @f() {
  // expected-error@below {{'engine.constant' value is a tensor<2xf32>, result a tensor<3xf32>}}
  %0 = engine.constant dense<1.0> : tensor<2xf32> -> tensor<3xf32>
  func.return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@below {{'engine.reshape' [2, 3] has 6 elements, [7] has 7}}
  %0 = engine.reshape %x : tensor<2x3xf32> -> tensor<7xf32>
  func.return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@below {{shapes [2, 3] and [2, 4] do not broadcast}}
  %0 = engine.broadcast %x : tensor<2x3xf32> -> tensor<2x4xf32>
  func.return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@below {{'engine.transpose' perm [0, 0] is not a permutation of 0..1}}
  %0 = engine.transpose %x {perm = array<i64: 0, 0>} : tensor<2x3xf32> -> tensor<2x2xf32>
  func.return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error@below {{'engine.slice' needs one start, size and step per dimension of [4]}}
  %0 = engine.slice %x {starts = array<i64: 0, 0>, sizes = array<i64: 2>, steps = array<i64: 1>} : tensor<4xf32> -> tensor<2xf32>
  func.return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error@below {{'engine.slice' step of dimension 0 is zero}}
  %0 = engine.slice %x {starts = array<i64: 0>, sizes = array<i64: 2>, steps = array<i64: 0>} : tensor<4xf32> -> tensor<2xf32>
  func.return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error@below {{'engine.slice' dimension 0: elements 1..-1 are not within 0..3}}
  %0 = engine.slice %x {starts = array<i64: 1>, sizes = array<i64: 3>, steps = array<i64: -1>} : tensor<4xf32> -> tensor<3xf32>
  func.return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<3x3xf32>) {
  // expected-error@below {{'engine.concat' cannot join [2, 3] and [3, 3] along axis 1}}
  %0 = engine.concat %x, %y {axis = 1 : i64} : tensor<2x3xf32>, tensor<3x3xf32> -> tensor<2x6xf32>
  func.return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error@below {{'engine.concat' axes [2] must be distinct and within 0..1}}
  %0 = engine.concat %x {axis = 2 : i64} : tensor<2x3xf32> -> tensor<2x3xf32>
  func.return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error@below {{'engine.pad' mode 'zeros' is none of constant, edge, reflect, wrap}}
  %0 = engine.pad %x {low = array<i64: 1>, high = array<i64: 1>, mode = "zeros", value = 0.0 : f32} : tensor<4xf32> -> tensor<6xf32>
  func.return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error@below {{'engine.pad' needs one low and one high per dimension of [4]}}
  %0 = engine.pad %x {low = array<i64: 1, 0>, high = array<i64: 1, 0>, mode = "constant", value = 0.0 : f32} : tensor<4xf32> -> tensor<6xf32>
  func.return
}

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<2xi64>) {
  // expected-error@below {{'engine.gather' axes [1] must be distinct and within 0..0}}
  %0 = engine.gather %x, %i {axis = 1 : i64} : tensor<4xf32>, tensor<2xi64> -> tensor<2xf32>
  func.return
}

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<2x1xi64>, %u: tensor<2xf32>) {
  // expected-error@below {{'engine.scatter' reduction 'sum' is none of none, add, mul, max, min}}
  %0 = engine.scatter %x, %i, %u {reduction = "sum"} : tensor<4xf32>, tensor<2x1xi64>, tensor<2xf32> -> tensor<4xf32>
  func.return
}

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<2x1xi64>, %u: tensor<3xf32>) {
  // expected-error@below {{'engine.scatter' input [4], indices [2, 1] and updates [3] do not fit}}
  %0 = engine.scatter %x, %i, %u {reduction = "none"} : tensor<4xf32>, tensor<2x1xi64>, tensor<3xf32> -> tensor<4xf32>
  func.return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error@below {{'engine.resize' mode 'area' or coordinates 'asymmetric' is unknown}}
  %0 = engine.resize %x {mode = "area", coordinates = "asymmetric", rounding = "floor", scales = array<f64: 2.0>, cubic_coefficient = -0.75 : f64} : tensor<4xf32> -> tensor<8xf32>
  func.return
}

// -----

func.func @f(%x: memref<64xi8>) {
  // expected-error@below {{'engine.view' bytes 60..68 are not within the 64 bytes of its base}}
  %0 = engine.view %x {offset = 60 : i64} : memref<64xi8> -> memref<2xf32>
  func.return
}

// -----

// A layout must be a format tag.
// expected-error@below {{layout 'nc hw' is not a format tag such as abcd, aBcd16b or Ba48b}}
func.func @f(%x: tensor<4xf32, #engine.layout<"nc hw">>) {
  func.return
}

// -----

// expected-error@below {{layout 'ac' must name each dimension once, without a gap}}
func.func @f(%x: tensor<4x4xf32, #engine.layout<"ac">>) {
  func.return
}

// -----

// expected-error@below {{layout 'ab16b': the upper-case dimensions must be the blocked ones}}
func.func @f(%x: tensor<4x4xf32, #engine.layout<"ab16b">>) {
  func.return
}

// -----

// expected-error@below {{layout 'aB0b': a block must be positive}}
func.func @f(%x: tensor<4x4xf32, #engine.layout<"aB0b">>) {
  func.return
}

// -----

// expected-error@below {{layout aB4b has 3 physical dimensions, but 2 strides}}
func.func @f(%x: memref<4x4xf32, #engine.layout<"aB4b", [4, 1]>>) {
  func.return
}

// -----

func.func @f() {
  // expected-error@below {{weight w must have a static shape}}
  %0 = engine.constant #engine.weight<"w", "00", tensor<?xf32>> -> tensor<?xf32>
  func.return
}

// -----

func.func @f(%x: tensor<1x6x4xf32>) {
  // expected-error@below {{'engine.shuffle' cannot part 6 channels in 4 groups}}
  %0 = engine.shuffle %x {groups = 4 : i64} : tensor<1x6x4xf32> -> tensor<1x6x4xf32>
  func.return
}

// -----

func.func @f(%x: tensor<6xf32>) {
  // expected-error@below {{'engine.shuffle' needs channels in dimension 1 of [6]}}
  %0 = engine.shuffle %x {groups = 2 : i64} : tensor<6xf32> -> tensor<6xf32>
  func.return
}
