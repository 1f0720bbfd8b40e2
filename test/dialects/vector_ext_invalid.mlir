// RUN: opt-tool %s --split-input-file --verify-diagnostics

// What vector_ext.dot checks.

func.func @lanes(%acc: vector<8xi32>, %a: vector<64xi8>) {
  // expected-error@below {{'vector_ext.dot' adds 4 products to each lane of vector<8xi32>, which vector<64xi8> does not have}}
  %0 = vector_ext.dot %acc, %a, %a {signs = "us"} : vector<8xi32>, vector<64xi8>, vector<64xi8>
  func.return
}

// -----

func.func @signs(%acc: vector<4xi32>, %a: vector<16xi8>) {
  // expected-error@below {{'vector_ext.dot' has signs "xy", expected one of uu, us, su, ss}}
  %0 = vector_ext.dot %acc, %a, %a {signs = "xy"} : vector<4xi32>, vector<16xi8>, vector<16xi8>
  func.return
}

// -----

func.func @table(%table: vector<128xi8>, %codes: vector<64xi8>) {
  // expected-error@below {{'vector_ext.lookup' needs a table of 256 bytes, not vector<128xi8>}}
  %0 = vector_ext.lookup %table, %codes : vector<128xi8>, vector<64xi8>
  func.return
}

// -----

func.func @pairs(%acc: vector<8xi32>, %a: vector<32xi16>) {
  // expected-error@below {{'vector_ext.dot_pairs' adds 2 products to each lane of vector<8xi32>, which vector<32xi16> does not have}}
  %0 = vector_ext.dot_pairs %acc, %a, %a : vector<8xi32>, vector<32xi16>, vector<32xi16>
  func.return
}

// -----

func.func @f(%acc: vector<16xf32>, %a: vector<16xbf16>) {
  // expected-error@below {{'vector_ext.dot_halves' adds 2 products to each lane of vector<16xf32>, which vector<16xbf16> does not have}}
  %0 = vector_ext.dot_halves %acc, %a, %a : vector<16xf32>, vector<16xbf16>, vector<16xbf16>
  func.return
}

// -----

func.func @f(%x: vector<16xf32>) {
  // expected-error@below {{'vector_ext.round_halves' makes vector<8xbf16> of vector<16xf32>}}
  %0 = vector_ext.round_halves %x : vector<16xf32> -> vector<8xbf16>
  func.return
}

// -----

func.func @f(%table: vector<8xf32>, %words: vector<8xi32>) {
  // expected-error@below {{'vector_ext.number_of_nibble' makes vector<8xf32> of vector<8xi32> by a table of vector<8xf32>, expected 16 entries and as many numbers as words}}
  %0 = vector_ext.number_of_nibble %table, %words : vector<8xf32>, vector<8xi32> -> vector<8xf32>
  func.return
}
