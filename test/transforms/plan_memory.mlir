// RUN: opt-tool %s --split-input-file -p 'plan-memory' | filecheck %s

// Every tensor gets its place in one arena; operations write into their outs.

// A chain overwrites its operand: no arena at all, the last one writes the output.
func.func @in_place(%x: tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32> {
  %a = engine.map ins(%x : tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32> {
  ^bb0(%p: f32):
    %n = arith.negf %p : f32
    engine.yield %n : f32
  }
  %b = engine.map ins(%a : tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32> {
  ^bb0(%p: f32):
    %n = arith.negf %p : f32
    engine.yield %n : f32
  }
  %c = engine.map ins(%b : tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32> {
  ^bb0(%p: f32):
    %n = arith.negf %p : f32
    engine.yield %n : f32
  }
  func.return %c : tensor<1x16x4x4xf32>
}

// CHECK-LABEL: func.func @in_place
// CHECK-NEXT:    %{{.*}} = engine.view %{{.*}} {offset = 0 : i64} : memref<1024xi8> -> memref<1x16x4x4xf32>
// CHECK-NEXT:    engine.map ins(%{{.*}} : memref<1x16x4x4xf32>) outs(%{{.*}} : memref<1x16x4x4xf32>) {
// CHECK-NEXT:    ^bb0(%{{.*}}: f32):
// CHECK-NEXT:      %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:      engine.yield %{{.*}} : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    %{{.*}} = engine.view %{{.*}} {offset = 0 : i64} : memref<1024xi8> -> memref<1x16x4x4xf32>
// CHECK-NEXT:    engine.map ins(%{{.*}} : memref<1x16x4x4xf32>) outs(%{{.*}} : memref<1x16x4x4xf32>) {
// CHECK-NEXT:    ^bb0(%{{.*}}: f32):
// CHECK-NEXT:      %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:      engine.yield %{{.*}} : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    engine.map ins(%{{.*}} : memref<1x16x4x4xf32>) outs(%{{.*}} : memref<1x16x4x4xf32>) {
// CHECK-NEXT:    ^bb0(%{{.*}}: f32):
// CHECK-NEXT:      %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:      engine.yield %{{.*}} : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }

// -----

// Operands of a concat are written where they belong, into the output.
func.func @concat(%x: tensor<1x16x4x4xf32>, %y: tensor<1x16x4x4xf32>) -> tensor<1x32x4x4xf32> {
  %a = engine.map ins(%x : tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32> {
  ^bb0(%p: f32):
    %n = arith.negf %p : f32
    engine.yield %n : f32
  }
  %b = engine.map ins(%y : tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32> {
  ^bb0(%p: f32):
    %n = arith.negf %p : f32
    engine.yield %n : f32
  }
  %c = engine.concat %a, %b {axis = 1 : i64} : tensor<1x16x4x4xf32>, tensor<1x16x4x4xf32> -> tensor<1x32x4x4xf32>
  func.return %c : tensor<1x32x4x4xf32>
}

// CHECK-LABEL: func.func @concat
// CHECK-NEXT:    %{{.*}} = engine.view %{{.*}} {offset = 0 : i64} : memref<1x32x4x4xf32> -> memref<1x16x4x4xf32>
// CHECK-NEXT:    engine.map ins(%{{.*}} : memref<1x16x4x4xf32>) outs(%{{.*}} : memref<1x16x4x4xf32>) {
// CHECK-NEXT:    ^bb0(%{{.*}}: f32):
// CHECK-NEXT:      %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:      engine.yield %{{.*}} : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    %{{.*}} = engine.view %{{.*}} {offset = 1024 : i64} : memref<1x32x4x4xf32> -> memref<1x16x4x4xf32>
// CHECK-NEXT:    engine.map ins(%{{.*}} : memref<1x16x4x4xf32>) outs(%{{.*}} : memref<1x16x4x4xf32>) {
// CHECK-NEXT:    ^bb0(%{{.*}}: f32):
// CHECK-NEXT:      %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:      engine.yield %{{.*}} : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    engine.concat %{{.*}}, %{{.*}} outs(%{{.*}} : memref<1x32x4x4xf32>) {absorbed = array<i64: 0, 1>, axis = 1 : i64} : memref<1x16x4x4xf32>, memref<1x16x4x4xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }

// -----

// The operand of a pad is written into the middle of the padded buffer; an input is copied.
func.func @pad(%x: tensor<1x16x4x4xf32>) -> (tensor<1x16x6x6xf32>, tensor<1x16x6x6xf32>) {
  %a = engine.map ins(%x : tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32> {
  ^bb0(%p: f32):
    %n = arith.negf %p : f32
    engine.yield %n : f32
  }
  %b = engine.pad %a {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 0.0 : f32} : tensor<1x16x4x4xf32> -> tensor<1x16x6x6xf32>
  %c = engine.pad %x {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 0.0 : f32} : tensor<1x16x4x4xf32> -> tensor<1x16x6x6xf32>
  func.return %b, %c : tensor<1x16x6x6xf32>, tensor<1x16x6x6xf32>
}

// CHECK-LABEL: func.func @pad
// CHECK-NEXT:    %{{.*}} = engine.view %{{.*}} {offset = 28 : i64} : memref<1x16x6x6xf32> -> memref<1x16x4x4xf32, #engine.layout<"abcd", [256, 36, 6, 1]>>
// CHECK-NEXT:    engine.map ins(%{{.*}} : memref<1x16x4x4xf32>) outs(%{{.*}} : memref<1x16x4x4xf32, #engine.layout<"abcd", [256, 36, 6, 1]>>) {
// CHECK-NEXT:    ^bb0(%{{.*}}: f32):
// CHECK-NEXT:      %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:      engine.yield %{{.*}} : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    engine.pad %{{.*}} outs(%{{.*}} : memref<1x16x6x6xf32>) {absorbed = array<i64: 0>, low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 0.000000e+00 : f32} : memref<1x16x4x4xf32, #engine.layout<"abcd", [256, 36, 6, 1]>>
// CHECK-NEXT:    engine.pad %{{.*}} outs(%{{.*}} : memref<1x16x6x6xf32>) {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, mode = "constant", value = 0.000000e+00 : f32} : memref<1x16x4x4xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }

// -----

// Views cost nothing: a slice and a reshape of an input, and the same value returned twice.
func.func @views(%x: tensor<4x8xf32>) -> (tensor<16xf32>, tensor<16xf32>) {
  %s = engine.slice %x {starts = array<i64: 2, 0>, sizes = array<i64: 2, 8>, steps = array<i64: 1, 1>} : tensor<4x8xf32> -> tensor<2x8xf32>
  %r = engine.reshape %s : tensor<2x8xf32> -> tensor<16xf32>
  %a = engine.map ins(%r : tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%p: f32):
    %n = arith.negf %p : f32
    engine.yield %n : f32
  }
  func.return %a, %a : tensor<16xf32>, tensor<16xf32>
}

// CHECK-LABEL: func.func @views
// CHECK-NEXT:    %[[S:.*]] = engine.view %{{.*}} {offset = 64 : i64, elements = array<i64: 16, 8, 1>} : memref<4x8xf32> -> memref<2x8xf32>
// CHECK-NEXT:    %{{.*}} = engine.view %[[S]] {offset = 0 : i64, elements = array<i64: 0, 1>} : memref<2x8xf32> -> memref<16xf32>
// CHECK-NEXT:    engine.map ins(%{{.*}} : memref<16xf32>) outs(%{{.*}} : memref<16xf32>) {
// CHECK-NEXT:    ^bb0(%{{.*}}: f32):
// CHECK-NEXT:      %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:      engine.yield %{{.*}} : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    engine.relayout %{{.*}} outs(%{{.*}} : memref<16xf32>) : memref<16xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }

// -----

// Two values that live at the same time do not share memory.
func.func @both_needed(%x: tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32> {
  %a = engine.softmax %x {axis = 3 : i64} : tensor<1x16x4x4xf32> -> tensor<1x16x4x4xf32>
  %b = engine.map ins(%a : tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32> {
  ^bb0(%p: f32):
    %n = arith.negf %p : f32
    engine.yield %n : f32
  }
  %c = engine.map ins(%a, %b : tensor<1x16x4x4xf32>, tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32> {
  ^bb0(%p: f32, %q: f32):
    %n = arith.addf %p, %q : f32
    engine.yield %n : f32
  }
  %d = engine.softmax %c {axis = 2 : i64} : tensor<1x16x4x4xf32> -> tensor<1x16x4x4xf32>
  func.return %d : tensor<1x16x4x4xf32>
}

// CHECK-LABEL: func.func @both_needed
// CHECK-NEXT:    %{{.*}} = engine.view %{{.*}} {offset = 0 : i64} : memref<2048xi8> -> memref<1x16x4x4xf32>
// CHECK-NEXT:    engine.softmax %{{.*}} outs(%{{.*}} : memref<1x16x4x4xf32>) {axis = 3 : i64} : memref<1x16x4x4xf32>
// CHECK-NEXT:    %{{.*}} = engine.view %{{.*}} {offset = 1024 : i64} : memref<2048xi8> -> memref<1x16x4x4xf32>
// CHECK-NEXT:    engine.map ins(%{{.*}} : memref<1x16x4x4xf32>) outs(%{{.*}} : memref<1x16x4x4xf32>) {
// CHECK-NEXT:    ^bb0(%{{.*}}: f32):
// CHECK-NEXT:      %{{.*}} = arith.negf %{{.*}} : f32
// CHECK-NEXT:      engine.yield %{{.*}} : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    %{{.*}} = engine.view %{{.*}} {offset = 0 : i64} : memref<2048xi8> -> memref<1x16x4x4xf32>
// CHECK-NEXT:    engine.map ins(%{{.*}}, %{{.*}} : memref<1x16x4x4xf32>, memref<1x16x4x4xf32>) outs(%{{.*}} : memref<1x16x4x4xf32>) {
// CHECK-NEXT:    ^bb0(%{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:      %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:      engine.yield %{{.*}} : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    engine.softmax %{{.*}} outs(%{{.*}} : memref<1x16x4x4xf32>) {axis = 2 : i64} : memref<1x16x4x4xf32>
// CHECK-NEXT:    func.return
// CHECK-NEXT:  }
