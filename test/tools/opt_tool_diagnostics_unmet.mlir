// What --verify-diagnostics must not let pass: another message, another line, no error at all.

// RUN: not opt-tool %s --split-input-file --verify-diagnostics 2>&1 | filecheck %s

// CHECK: opt_tool_diagnostics_unmet.mlir:13: unexpected error: value %a is used but not defined
// CHECK: opt_tool_diagnostics_unmet.mlir:12: expected error 'value %b is used' on line 13 was not produced
// CHECK: opt_tool_diagnostics_unmet.mlir:21: unexpected error: value %a is used but not defined
// CHECK: opt_tool_diagnostics_unmet.mlir:19: expected error 'value %a is used' on line 19 was not produced
// CHECK: opt_tool_diagnostics_unmet.mlir:28: expected error 'nothing is wrong' on line 29 was not produced

func.func @another_message() {
  // expected-error@+1 {{value %b is used}}
  "test.op"(%a) : (i32) -> ()
  func.return
}

// -----

// expected-error {{value %a is used}}
func.func @another_line() {
  "test.op"(%a) : (i32) -> ()
  func.return
}

// -----

func.func @no_error() {
  // expected-error@+1 {{nothing is wrong}}
  func.return
}
