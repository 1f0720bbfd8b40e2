// A pattern written in the file itself, applied by xDSL's pass or by way of its interpreter.

// RUN: opt-tool %s --apply-pdl | filecheck %s
// RUN: opt-tool %s -p 'convert-pdl-to-pdl-interp,apply-pdl-interp' | filecheck %s

// CHECK:      func.func @f(%x: i32) -> i32 {
// CHECK-NOT:    arith.addi
// CHECK:        func.return %x : i32
func.func @f(%x: i32) -> i32 {
  %zero = arith.constant 0 : i32
  %y = arith.addi %x, %zero : i32
  func.return %y : i32
}

// x + 0 => x
pdl.pattern @add_zero : benefit(2) {
  %type = pdl.type
  %x = pdl.operand : %type
  %value = pdl.attribute = 0 : i32
  %constant = pdl.operation "arith.constant" {"value" = %value} -> (%type : !pdl.type)
  %zero = pdl.result 0 of %constant
  %sum = pdl.operation "arith.addi" (%x, %zero : !pdl.value, !pdl.value) -> (%type : !pdl.type)
  pdl.rewrite %sum {
    pdl.replace %sum with (%x : !pdl.value)
  }
}
