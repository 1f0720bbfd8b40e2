// What the vector forms of `arith` refuse.

// RUN: opt-tool %s --split-input-file --verify-diagnostics

func.func @mask_of_another_width(%m: vector<8xi1>, %a: vector<4xf32>) {
  // expected-error@+1 {{operand and result must have the same shape, got vector<8xi1> and vector<4xf32>}}
  %r = arith.select %m, %a, %a : vector<8xi1>, vector<4xf32>
  func.return
}

// -----

func.func @extension_that_narrows(%a: vector<4xi32>) {
  // expected-error@+1 {{arith.extsi: vector<4xi8> is not wider than vector<4xi32>}}
  %r = arith.extsi %a : vector<4xi32> to vector<4xi8>
  func.return
}

// -----

func.func @truncation_that_widens(%a: vector<4xi8>) {
  // expected-error@+1 {{arith.trunci: vector<4xi32> is not narrower than vector<4xi8>}}
  %r = arith.trunci %a : vector<4xi8> to vector<4xi32>
  func.return
}

// -----

func.func @comparison_of_another_width(%a: vector<4xf32>) {
  // expected-error@+1 {{result must be vector<4xi1> for operands of type vector<4xf32>, got vector<8xi1>}}
  %r = "arith.cmpf"(%a, %a) <{fastmath = #arith.fastmath<none>, predicate = 4 : i64}> : (vector<4xf32>, vector<4xf32>) -> vector<8xi1>
  func.return
}

// -----

func.func @cast_of_another_width(%a: vector<4xf32>) {
  // expected-error@+1 {{must have the same shape, got vector<4xf32> and vector<8xi32>}}
  %r = arith.fptosi %a : vector<4xf32> to vector<8xi32>
  func.return
}

// -----

func.func @index_on_both_sides(%a: vector<4xindex>) {
  // expected-error@+1 {{exactly one side must be index}}
  %r = arith.index_cast %a : vector<4xindex> to vector<4xindex>
  func.return
}
