// What the tool itself does, on operations of xDSL only.

// RUN: %roundtrip
// RUN: %generic_roundtrip
// RUN: opt-tool %s -p 'builtin.module(func.func(cse,dce))' | filecheck %s --check-prefix=CSE
// RUN: opt-tool %s -p cse --print-ir-before-all --print-ir-after=cse 2>&1 | filecheck %s --check-prefix=IR
// RUN: opt-tool %s --print-op-generic | filecheck %s --check-prefix=GENERIC

// CHECK:       func.func @twice(%x: i32) -> i32 {
// CHECK-NEXT:    %a = arith.constant 3 : i32
// CHECK-NEXT:    %b = arith.constant 3 : i32
// CHECK-NEXT:    %c = arith.addi %a, %b : i32

// CSE:         %a = arith.constant 3 : i32
// CSE-NEXT:    %c = arith.addi %a, %a : i32

// IR:          IR Dump Before cse
// IR:          %b = arith.constant
// IR:          IR Dump After cse
// IR-NOT:      %b = arith.constant

// GENERIC:     "func.func"() <{

func.func @twice(%x: i32) -> i32 {
  %a = arith.constant 3 : i32
  %b = arith.constant 3 : i32
  %c = arith.addi %a, %b : i32
  %d = arith.addi %c, %x : i32
  func.return %d : i32
}
