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
