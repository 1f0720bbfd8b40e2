// Warnings are checked as errors are: expected ones, at their line and as often as they are said;
// those nobody expects fail the test.

// RUN: opt-tool %s --split-input-file --cse --check-numerics --verify-diagnostics
// RUN: opt-tool %s --split-input-file --cse --check-numerics 2>&1 | filecheck %s
// RUN: not opt-tool %s --split-input-file --verify-diagnostics 2>&1 | filecheck %s --check-prefix=UNMET
// RUN: sed 's/-warning/-remark/' %s | not opt-tool - --split-input-file --cse --check-numerics --verify-diagnostics 2>&1 | filecheck %s --check-prefix=KIND

// CHECK: opt_tool_warnings.mlir:14:1: warning: @first is not checked
// UNMET: opt_tool_warnings.mlir:13: expected warning '@first is not checked, as it cannot run' on line 14 was not produced
// KIND:  <stdin>:14: unexpected warning: @first is not checked

// expected-warning @+1 1 {{@first is not checked, as it cannot run}}
func.func @first() -> i32 {
  %x = "test.op"() : () -> i32
  func.return %x : i32
}

// -----

func.func @second() -> i32 { // expected-warning {{@second is not checked}}
  %x = "test.op"() : () -> i32
  func.return %x : i32
}
