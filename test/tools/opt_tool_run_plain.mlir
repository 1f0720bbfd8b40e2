// --run on programs that came from no model: loops, branches, vectors, memory. A function without
// results shows the memory it was given, one that has neither says so.

// RUN: opt-tool %s --split-input-file --run | filecheck %s
// RUN: opt-tool %s --split-input-file -p 'convert-scf-to-cf,canonicalize' --run | filecheck %s

// CHECK:      output0: int32[]
// CHECK-NEXT: 120
func.func @main() -> i32 {
  %n = arith.constant 5 : i32
  %f = func.call @factorial(%n) : (i32) -> i32
  func.return %f : i32
}

func.func @factorial(%n: i32) -> i32 {
  %one = arith.constant 1 : i32
  %last = arith.cmpi sle, %n, %one : i32
  cf.cond_br %last, ^end, ^more
^end:
  func.return %one : i32
^more:
  %m = arith.subi %n, %one : i32
  %g = func.call @factorial(%m) : (i32) -> i32
  %f = arith.muli %n, %g : i32
  func.return %f : i32
}

// -----

// CHECK:      // -----
// CHECK-NEXT: input0: float32[4]
// CHECK-NEXT: [0. 2. 4. 6.]
func.func @main(%y: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  scf.for %i = %c0 to %c4 step %c1 {
    %n = arith.index_cast %i : index to i32
    %v = arith.sitofp %n : i32 to f32
    %w = arith.addf %v, %v : f32
    memref.store %w, %y[%i] : memref<4xf32>
  }
  func.return
}

// -----

// CHECK:      output0: float32[4]
// CHECK-NEXT: [3. 3. 3. 3.]
func.func @main() -> vector<4xf32> {
  %x = arith.constant 1.5 : f32
  %v = vector.broadcast %x : f32 to vector<4xf32>
  %w = arith.addf %v, %v : vector<4xf32>
  func.return %w : vector<4xf32>
}

// -----

// CHECK:      @main has run; it has no results and was given no memory to write to
func.func @main() {
  func.return
}
