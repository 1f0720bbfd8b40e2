// RUN: opt-tool %s -p order-operations --split-input-file --check-numerics | filecheck %s

// Operations change places where the program needs less memory then.

// Branches that are written breadth first: each is gone through before the next one begins. What a
// branch gives is a part of the output and takes no memory of the arena.
// CHECK-LABEL: func.func @breadth_first
// CHECK-NEXT: %a = engine.softmax %x
// CHECK-NEXT: %sa = engine.reduce ins(%a
// CHECK-NEXT: %b = engine.softmax %x
// CHECK-NEXT: %sb = engine.reduce ins(%b
// CHECK-NEXT: %c = engine.softmax %x
// CHECK-NEXT: %sc = engine.reduce ins(%c
// CHECK-NEXT: engine.concat
func.func @breadth_first(%x: tensor<8x512xf32>) -> tensor<3x512xf32> {
  %a = engine.softmax %x {axis = 0 : i64} : tensor<8x512xf32> -> tensor<8x512xf32>
  %b = engine.softmax %x {axis = 1 : i64} : tensor<8x512xf32> -> tensor<8x512xf32>
  %c = engine.softmax %x {axis = 1 : i64, log} : tensor<8x512xf32> -> tensor<8x512xf32>
  %sa = engine.reduce ins(%a : tensor<8x512xf32>) {kind = "max", axes = array<i64: 0>, keepdims} -> tensor<1x512xf32>
  %sb = engine.reduce ins(%b : tensor<8x512xf32>) {kind = "max", axes = array<i64: 0>, keepdims} -> tensor<1x512xf32>
  %sc = engine.reduce ins(%c : tensor<8x512xf32>) {kind = "max", axes = array<i64: 0>, keepdims} -> tensor<1x512xf32>
  %y = engine.concat %sa, %sb, %sc {axis = 0 : i64} : tensor<1x512xf32>, tensor<1x512xf32>, tensor<1x512xf32> -> tensor<3x512xf32>
  func.return %y : tensor<3x512xf32>
}

// -----

// The same written depth first stays as it is.
// CHECK-LABEL: func.func @depth_first
// CHECK-NEXT: %b = engine.softmax %x
// CHECK-NEXT: %sb = engine.reduce ins(%b
// CHECK-NEXT: %a = engine.softmax %x
// CHECK-NEXT: %sa = engine.reduce ins(%a
// CHECK-NEXT: %c = engine.softmax %x
// CHECK-NEXT: %sc = engine.reduce ins(%c
func.func @depth_first(%x: tensor<8x512xf32>) -> tensor<3x512xf32> {
  %b = engine.softmax %x {axis = 1 : i64} : tensor<8x512xf32> -> tensor<8x512xf32>
  %sb = engine.reduce ins(%b : tensor<8x512xf32>) {kind = "max", axes = array<i64: 0>, keepdims} -> tensor<1x512xf32>
  %a = engine.softmax %x {axis = 0 : i64} : tensor<8x512xf32> -> tensor<8x512xf32>
  %sa = engine.reduce ins(%a : tensor<8x512xf32>) {kind = "max", axes = array<i64: 0>, keepdims} -> tensor<1x512xf32>
  %c = engine.softmax %x {axis = 1 : i64, log} : tensor<8x512xf32> -> tensor<8x512xf32>
  %sc = engine.reduce ins(%c : tensor<8x512xf32>) {kind = "max", axes = array<i64: 0>, keepdims} -> tensor<1x512xf32>
  %y = engine.concat %sa, %sb, %sc {axis = 0 : i64} : tensor<1x512xf32>, tensor<1x512xf32>, tensor<1x512xf32> -> tensor<3x512xf32>
  func.return %y : tensor<3x512xf32>
}

// -----

// Nothing is won where all of it is needed at the end.
// CHECK-LABEL: func.func @all_needed
// CHECK-NEXT: %a = engine.softmax %x
// CHECK-NEXT: %b = engine.softmax %x
// CHECK-NEXT: %c = engine.softmax %x
// CHECK-NEXT: %sa = engine.reduce ins(%a
func.func @all_needed(%x: tensor<8x512xf32>) -> (tensor<24x512xf32>, tensor<3x512xf32>) {
  %a = engine.softmax %x {axis = 0 : i64} : tensor<8x512xf32> -> tensor<8x512xf32>
  %b = engine.softmax %x {axis = 1 : i64} : tensor<8x512xf32> -> tensor<8x512xf32>
  %c = engine.softmax %x {axis = 1 : i64, log} : tensor<8x512xf32> -> tensor<8x512xf32>
  %sa = engine.reduce ins(%a : tensor<8x512xf32>) {kind = "max", axes = array<i64: 0>, keepdims} -> tensor<1x512xf32>
  %sb = engine.reduce ins(%b : tensor<8x512xf32>) {kind = "max", axes = array<i64: 0>, keepdims} -> tensor<1x512xf32>
  %sc = engine.reduce ins(%c : tensor<8x512xf32>) {kind = "max", axes = array<i64: 0>, keepdims} -> tensor<1x512xf32>
  %y = engine.concat %sa, %sb, %sc {axis = 0 : i64} : tensor<1x512xf32>, tensor<1x512xf32>, tensor<1x512xf32> -> tensor<3x512xf32>
  %t = engine.concat %a, %b, %c {axis = 0 : i64} : tensor<8x512xf32>, tensor<8x512xf32>, tensor<8x512xf32> -> tensor<24x512xf32>
  %z = engine.softmax %t {axis = 0 : i64} : tensor<24x512xf32> -> tensor<24x512xf32>
  func.return %z, %y : tensor<24x512xf32>, tensor<3x512xf32>
}

// -----

// A size by name counts as the one that is planned for.
// CHECK-LABEL: func.func @open
// CHECK-NEXT: %a = engine.softmax %x
// CHECK-NEXT: %sa = engine.reduce ins(%a
// CHECK-NEXT: %b = engine.softmax %x
// CHECK-NEXT: %sb = engine.reduce ins(%b
func.func @open(%x: tensor<?x512xf32, #engine.layout<"ab", sizes<"N">>>) -> tensor<3x512xf32> {
  %a = engine.softmax %x {axis = 0 : i64} : tensor<?x512xf32, #engine.layout<"ab", sizes<"N">>> -> tensor<?x512xf32, #engine.layout<"ab", sizes<"N">>>
  %b = engine.softmax %x {axis = 1 : i64} : tensor<?x512xf32, #engine.layout<"ab", sizes<"N">>> -> tensor<?x512xf32, #engine.layout<"ab", sizes<"N">>>
  %c = engine.softmax %x {axis = 1 : i64, log} : tensor<?x512xf32, #engine.layout<"ab", sizes<"N">>> -> tensor<?x512xf32, #engine.layout<"ab", sizes<"N">>>
  %sa = engine.reduce ins(%a : tensor<?x512xf32, #engine.layout<"ab", sizes<"N">>>) {kind = "max", axes = array<i64: 0>, keepdims} -> tensor<1x512xf32>
  %sb = engine.reduce ins(%b : tensor<?x512xf32, #engine.layout<"ab", sizes<"N">>>) {kind = "max", axes = array<i64: 0>, keepdims} -> tensor<1x512xf32>
  %sc = engine.reduce ins(%c : tensor<?x512xf32, #engine.layout<"ab", sizes<"N">>>) {kind = "max", axes = array<i64: 0>, keepdims} -> tensor<1x512xf32>
  %y = engine.concat %sa, %sb, %sc {axis = 0 : i64} : tensor<1x512xf32>, tensor<1x512xf32>, tensor<1x512xf32> -> tensor<3x512xf32>
  func.return %y : tensor<3x512xf32>
}
