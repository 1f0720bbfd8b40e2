// RUN: opt-tool %s -p apply-pdl | filecheck %s

// What a pattern builds has the nodes of all that it stands for, and is marked with the pattern's
// name; operations that know no nodes are left without.

func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %a = engine.transpose %x {nodes = ["/a"], perm = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
  %b = engine.transpose %a {nodes = ["/b"], perm = array<i64: 1, 0>} : tensor<3x2xf32> -> tensor<2x3xf32>
  func.return %b : tensor<2x3xf32>
}
func.func @plain(%a: i32, %b: i32) -> i32 {
  %0 = arith.subi %a, %b : i32
  func.return %0 : i32
}
pdl.pattern @double_transpose : benefit(1) {
  %t = pdl.type
  %u = pdl.type
  %p = pdl.attribute = array<i64: 1, 0>
  %x = pdl.operand
  %a = pdl.operation "engine.transpose"(%x : !pdl.value) {"perm" = %p} -> (%t : !pdl.type)
  %r = pdl.result 0 of %a
  %b = pdl.operation "engine.transpose"(%r : !pdl.value) {"perm" = %p} -> (%u : !pdl.type)
  pdl.rewrite %b {
    %q = pdl.attribute = array<i64: 0, 1>
    %c = pdl.operation "engine.transpose"(%x : !pdl.value) {"perm" = %q} -> (%u : !pdl.type)
    pdl.replace %b with %c
  }
}
pdl.pattern : benefit(1) {
  %t = pdl.type
  %x = pdl.operand
  %y = pdl.operand
  %a = pdl.operation "arith.subi"(%x, %y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
  pdl.rewrite %a {
    %c = pdl.operation "arith.addi"(%x, %y : !pdl.value, !pdl.value) -> (%t : !pdl.type)
    pdl.replace %a with %c
  }
}
// CHECK:       func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
// CHECK-NEXT:    %b = engine.transpose %x {nodes = ["/a", "/b"], rewrites = ["double_transpose"], perm = array<i64: 0, 1>}
// CHECK-NEXT:    func.return %b : tensor<2x3xf32>
// CHECK:       func.func @plain(%a: i32, %b: i32) -> i32 {
// CHECK-NEXT:    %{{.*}} = arith.addi %a, %b : i32
