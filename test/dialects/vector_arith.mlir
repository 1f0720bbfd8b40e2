// RUN: %roundtrip
// RUN: %generic_roundtrip

// Comparisons, selects and casts of `arith` on vectors, in MLIR's own text.

// CHECK-LABEL: func.func @vectors
func.func @vectors(%a: vector<4xf32>, %b: vector<4xf32>, %i: vector<4xi32>, %c: i1) {
  // CHECK-NEXT: %m = arith.cmpf olt, %a, %b : vector<4xf32>
  %m = arith.cmpf olt, %a, %b : vector<4xf32>
  // CHECK-NEXT: %n = arith.cmpi ult, %i, %i : vector<4xi32>
  %n = arith.cmpi ult, %i, %i : vector<4xi32>
  // CHECK-NEXT: %r = arith.select %m, %a, %b : vector<4xi1>, vector<4xf32>
  %r = arith.select %m, %a, %b : vector<4xi1>, vector<4xf32>
  // One condition for all lanes.
  // CHECK-NEXT: %s = arith.select %c, %a, %b : vector<4xf32>
  %s = arith.select %c, %a, %b : vector<4xf32>
  // CHECK-NEXT: %si = arith.fptosi %a : vector<4xf32> to vector<4xi32>
  %si = arith.fptosi %a : vector<4xf32> to vector<4xi32>
  // CHECK-NEXT: %ui = arith.fptoui %a : vector<4xf32> to vector<4xi8>
  %ui = arith.fptoui %a : vector<4xf32> to vector<4xi8>
  // CHECK-NEXT: %sf = arith.sitofp %i : vector<4xi32> to vector<4xf64>
  %sf = arith.sitofp %i : vector<4xi32> to vector<4xf64>
  // CHECK-NEXT: %uf = arith.uitofp %m : vector<4xi1> to vector<4xf32>
  %uf = arith.uitofp %m : vector<4xi1> to vector<4xf32>
  // CHECK-NEXT: %t = arith.trunci %i : vector<4xi32> to vector<4xi8>
  %t = arith.trunci %i : vector<4xi32> to vector<4xi8>
  // CHECK-NEXT: %e = arith.extsi %t : vector<4xi8> to vector<4xi64>
  %e = arith.extsi %t : vector<4xi8> to vector<4xi64>
  // CHECK-NEXT: %u = arith.extui %t : vector<4xi8> to vector<4xi16>
  %u = arith.extui %t : vector<4xi8> to vector<4xi16>
  // CHECK-NEXT: %x = arith.index_cast %i : vector<4xi32> to vector<4xindex>
  %x = arith.index_cast %i : vector<4xi32> to vector<4xindex>
  func.return
}

// Scalars read as before.
// CHECK-LABEL: func.func @scalars
func.func @scalars(%a: f32, %b: f32, %i: i32) -> f32 {
  // CHECK-NEXT: %m = arith.cmpf une, %a, %b : f32
  %m = arith.cmpf une, %a, %b : f32
  // CHECK-NEXT: %n = arith.cmpi slt, %i, %i : i32
  %n = arith.cmpi slt, %i, %i : i32
  // CHECK-NEXT: %r = arith.select %m, %a, %b : f32
  %r = arith.select %m, %a, %b : f32
  // CHECK-NEXT: %x = arith.index_cast %i : i32 to index
  %x = arith.index_cast %i : i32 to index
  func.return %r : f32
}
