// RUN: opt-tool %s --pass-pipeline='expand-math' | filecheck %s

// Instructions stay.
// CHECK-LABEL: func.func @instructions
// CHECK-NEXT:    %0 = math.sqrt %x : vector<8xf32>
// CHECK-NEXT:    %1 = math.absf %0 : vector<8xf32>
// CHECK-NEXT:    %2 = math.roundeven %1 : vector<8xf32>
// CHECK-NEXT:    func.return %2 : vector<8xf32>
func.func @instructions(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.sqrt %x : vector<8xf32>
  %1 = math.absf %0 : vector<8xf32>
  %2 = math.roundeven %1 : vector<8xf32>
  func.return %2 : vector<8xf32>
}

// exp is range reduction, a polynomial, and the exponent added as an integer; constants go to
// the head of the function, the rest stands where the op stood.
// CHECK-LABEL: func.func @exponential
// CHECK:         arith.constant dense<1.44269502> : vector<8xf32>
// CHECK:         scf.for
// CHECK-NOT:     math.exp
// CHECK:           vector.fma
// CHECK:           arith.shli
// CHECK:           %e = arith.select
// CHECK:           scf.yield %e : vector<8xf32>
func.func @exponential(%x: vector<8xf32>, %n: index) -> vector<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%v = %x) -> (vector<8xf32>) {
    %e = math.exp %v : vector<8xf32>
    scf.yield %e : vector<8xf32>
  }
  func.return %r : vector<8xf32>
}

// Functions that are rarely hot are computed in f64 and rounded once.
// CHECK-LABEL: func.func @sine
// CHECK:         arith.extf %x : f32 to f64
// CHECK:         arith.truncf {{.*}} : f64 to f32
// CHECK-NOT:     math.sin
func.func @sine(%x: f32) -> f32 {
  %0 = math.sin %x : f32
  func.return %0 : f32
}

// Half precision goes through f32.
// CHECK-LABEL: func.func @half
// CHECK:         arith.extf %x : f16 to f32
// CHECK:         arith.truncf {{.*}} : f32 to f16
// CHECK-NOT:     math.tanh
func.func @half(%x: f16) -> f16 {
  %0 = math.tanh %x : f16
  func.return %0 : f16
}
