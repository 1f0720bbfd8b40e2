// In a file that expects nothing, --verify-diagnostics prints the error as xDSL's tool does and ends
// well; the other pieces are printed around it. Errors of the parser need --parsing-diagnostics.

// RUN: opt-tool %s --split-input-file --verify-diagnostics --parsing-diagnostics | filecheck %s
// RUN: not opt-tool %s --split-input-file --verify-diagnostics 2>&1 | filecheck %s --check-prefix=PARSING
// RUN: not opt-tool %s --split-input-file --parsing-diagnostics 2>&1 | filecheck %s --check-prefix=VERIFYING

// PARSING:        opt_tool_xdsl_diagnostics.mlir:38:13: error: Expected integer as SSA value tuple index
// PARSING-NOT:    error:
// VERIFYING:      error: 'arith.addi': operand 'rhs' at position 1 does not verify
// VERIFYING-NOT:  error:

// CHECK:      builtin.module {
// CHECK-NEXT:   func.func @good() {
func.func @good() {
  func.return
}

// -----

// CHECK:      operand 'rhs' at position 1 does not verify
// CHECK:      "func.func"() <{sym_name = "bad"
// CHECK:      %res = "arith.addi"(%a, %b)
// CHECK-NEXT: ^^^^
// CHECK-NEXT: | Operation does not verify: operand 'rhs' at position 1 does not verify
func.func @bad(%a: i32, %b: i64) {
  %res = "arith.addi"(%a, %b) : (i32, i64) -> i32
  func.return
}

// -----

// CHECK:      opt_tool_xdsl_diagnostics.mlir:38:13
// CHECK-NEXT: "test.op"(%0#x)
// CHECK-NEXT: {{ *}}^^
// CHECK-NEXT: {{ *}}Expected integer as SSA value tuple index
%0 = "test.op"() : () -> i32
"test.op"(%0#x) : (i32) -> ()

// -----

// CHECK:      func.func @last
func.func @last() {
  func.return
}
