// Every value must be defined before it is used. Of the functions that break this, each stands
// beside one that is close to it and does not.

// RUN: opt-tool %s --split-input-file --verify-diagnostics

// In one block: only order counts.
func.func @use_before_definition() {
  // expected-error@+1 {{'test.op': operand 0 (%a) is used before it is defined}}
  "test.op"(%a) : (i32) -> ()
  %a = "test.op"() : () -> i32
  func.return
}

// -----

func.func @own_result() {
  // expected-error@+1 {{operand 0 (%a) is used before it is defined}}
  %a = "test.op"(%a) : (i32) -> i32
  func.return
}

// -----

// A region sees what was defined before the operation it belongs to, and nobody sees into it.
func.func @outer_values_in_a_region(%lb: index, %ub: index, %step: index, %x: i32) {
  scf.for %i = %lb to %ub step %step {
    %y = arith.addi %x, %x : i32
    "test.op"(%y, %i) : (i32, index) -> ()
  }
  func.return
}

// -----

func.func @region_value_outside(%lb: index, %ub: index, %step: index, %x: i32) {
  scf.for %i = %lb to %ub step %step {
    %y = arith.addi %x, %x : i32
  }
  // expected-error@+1 {{value %y is used but not defined}}
  "test.op"(%y) : (i32) -> ()
  func.return
}

// -----

// A definition in a block reaches the blocks that it dominates...
func.func @branches(%c: i1) -> i32 {
  %a = "test.op"() : () -> i32
  cf.cond_br %c, ^left, ^right
^left:
  %b = arith.addi %a, %a : i32
  cf.br ^join(%b : i32)
^right:
  cf.br ^join(%a : i32)
^join(%j: i32):
  %k = arith.addi %j, %a : i32
  func.return %k : i32
}

// -----

// ... and no other.
func.func @join_uses_one_branch(%c: i1) -> i32 {
  %a = "test.op"() : () -> i32
  cf.cond_br %c, ^left, ^right
^left:
  %b = arith.addi %a, %a : i32
  cf.br ^join
^right:
  cf.br ^join
^join:
  // expected-error@+1 {{operand 0 (%b) is used before it is defined}}
  func.return %b : i32
}

// -----

// The order of blocks in the text says nothing.
func.func @blocks_out_of_order() -> i32 {
  cf.br ^second
^third:
  func.return %a : i32
^second:
  %a = "test.op"() : () -> i32
  cf.br ^third
}

// -----

// Loops: the body sees the header's values, the header does not see the body's.
func.func @loop(%c: i1) {
  cf.br ^header
^header:
  %h = "test.op"() : () -> i32
  cf.cond_br %c, ^body, ^exit
^body:
  "test.op"(%h) : (i32) -> ()
  cf.br ^header
^exit:
  "test.op"(%h) : (i32) -> ()
  func.return
}

// -----

func.func @loop_header_uses_the_body(%c: i1) {
  cf.br ^header
^header:
  // expected-error@+1 {{operand 0 (%b) is used before it is defined}}
  "test.op"(%b) : (i32) -> ()
  cf.cond_br %c, ^body, ^exit
^body:
  %b = "test.op"() : () -> i32
  cf.br ^header
^exit:
  func.return
}

// -----

// What cannot be reached may use anything.
func.func @unreachable() {
  func.return
^nowhere:
  "test.op"(%z) : (i32) -> ()
  %z = "test.op"() : () -> i32
  func.return
}

// -----

// A function is isolated: values of the module around it do not reach it.
%outside = "test.op"() : () -> i32
// expected-error@+1 {{using value defined out of its IsolatedFromAbove parent}}
func.func @isolated() {
  "test.op"(%outside) : (i32) -> ()
  func.return
}
