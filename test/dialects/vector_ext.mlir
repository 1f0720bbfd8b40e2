// RUN: %roundtrip
// RUN: %generic_roundtrip

// Dot products of bytes, of any signs and widths.

// CHECK-LABEL: func.func @dot
func.func @dot(%acc: vector<16xi32>, %a: vector<64xi8>, %b: vector<64xi8>) -> vector<16xi32> {
  // CHECK-NEXT: vector_ext.dot %acc, %a, %b {signs = "us"} : vector<16xi32>, vector<64xi8>, vector<64xi8>
  %0 = vector_ext.dot %acc, %a, %b {signs = "us"} : vector<16xi32>, vector<64xi8>, vector<64xi8>
  func.return %0 : vector<16xi32>
}

// Pairs of words of 16 bits.

// CHECK-LABEL: func.func @pairs
func.func @pairs(%acc: vector<16xi32>, %a: vector<32xi16>, %b: vector<32xi16>) -> vector<16xi32> {
  // CHECK-NEXT: vector_ext.dot_pairs %acc, %a, %b : vector<16xi32>, vector<32xi16>, vector<32xi16>
  %0 = vector_ext.dot_pairs %acc, %a, %b : vector<16xi32>, vector<32xi16>, vector<32xi16>
  func.return %0 : vector<16xi32>
}

// Bytes of a table.

// CHECK-LABEL: func.func @lookup
func.func @lookup(%table: vector<256xi8>, %codes: vector<64xi8>) -> vector<64xi8> {
  // CHECK-NEXT: vector_ext.lookup %table, %codes : vector<256xi8>, vector<64xi8>
  %0 = vector_ext.lookup %table, %codes : vector<256xi8>, vector<64xi8>
  func.return %0 : vector<64xi8>
}

// Pairs of bf16, and numbers rounded for them.

// CHECK-LABEL: func.func @halves
func.func @halves(%acc: vector<16xf32>, %x: vector<32xf32>, %b: vector<32xbf16>) -> vector<16xf32> {
  // CHECK-NEXT: %0 = vector_ext.round_halves %x : vector<32xf32> -> vector<32xbf16>
  %0 = vector_ext.round_halves %x : vector<32xf32> -> vector<32xbf16>
  // CHECK-NEXT: %1 = vector_ext.dot_halves %acc, %0, %b : vector<16xf32>, vector<32xbf16>, vector<32xbf16>
  %1 = vector_ext.dot_halves %acc, %0, %b : vector<16xf32>, vector<32xbf16>, vector<32xbf16>
  func.return %1 : vector<16xf32>
}

// Numbers that four bits stand for.

// CHECK-LABEL: func.func @nibbles
func.func @nibbles(%table: vector<16xf32>, %words: vector<8xi32>) -> vector<8xf32> {
  // CHECK-NEXT: vector_ext.number_of_nibble %table, %words : vector<16xf32>, vector<8xi32> -> vector<8xf32>
  %0 = vector_ext.number_of_nibble %table, %words : vector<16xf32>, vector<8xi32> -> vector<8xf32>
  func.return %0 : vector<8xf32>
}
