// Errors in the text, each where it is.

// RUN: opt-tool %s --split-input-file --verify-diagnostics

func.func @undefined_value() {
  // expected-error@+1 {{value %a is used but not defined}}
  "test.op"(%a) : (i32) -> ()
  func.return
}

// -----

func.func @unknown_operation() {
  // expected-error@below {{unknown operation 'test.opp'; did you mean 'test.op'}}
  "test.opp"() : () -> ()
  func.return
}

// -----

func.func @unknown_dialect() {
  "tesst.op"() : () -> () // expected-error {{unknown operation 'tesst.op'}}
  func.return
}

// -----

// expected-error-re@+2 {{expected [i{{[0-9]+}}], got []}}
func.func @wrong_return() -> i32 {
  func.return
}

// -----

func.func @own_rules_of_a_type(
  // expected-error@+1 {{Expected shape type}}
  %x: tensor<-4xi32>) {
  func.return
}

// -----

func.func @constraint(%x: f32) {
  %y = "arith.addi"(%x, %x) : (f32, f32) -> f32
  // expected-error@above {{'arith.addi': operand 'lhs' at position 0 does not verify}}
  func.return
}

// -----

// expected-error@+1 {{Expected 1 region, but got 0}}
"func.func"() <{sym_name = "f", function_type = () -> ()}> : () -> ()

// -----

func.func @syntax() {
  %0 = arith.constant 1 : i32
  arith.addi %0 %0 : i32
  // expected-error@above {{Expected ','}}
  func.return
}
