// In a builtin.module the order of operations means nothing; in a function it does.

// RUN: opt-tool %s --split-input-file --verify-diagnostics --allow-unregistered-dialect | filecheck %s

// CHECK:      %0 = "test.op"(%1) : (i32) -> i32
// CHECK-NEXT: %1 = "test.op"(%0) : (i32) -> i32
%0 = "test.op"(%1) : (i32) -> i32
%1 = "test.op"(%0) : (i32) -> i32

// -----

// An operation of which nothing is known may have such a region too, as in MLIR.
// CHECK:      "foreign.graph"() ({
// CHECK-NEXT:   %0 = "test.op"(%1) : (i32) -> i32
"foreign.graph"() ({
  %0 = "test.op"(%1) : (i32) -> i32
  %1 = "test.op"(%0) : (i32) -> i32
}) : () -> ()

// -----

func.func @order() {
  // expected-error@+1 {{before its definition by 'test.op'}}
  "test.op"(%a) : (i32) -> ()
  // expected-note @ +1 {{defined here}}
  %a = "test.op"() : () -> i32
  func.return
}
