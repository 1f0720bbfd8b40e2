// RUN: opt-tool %s --split-input-file -p 'plan-memory,convert-engine-to-kernels{target=x86-64-v4}' | filecheck %s

// Planned operations become calls of kernels; equal operations share one, memory is views at
// constant offsets.

// Two equal maps, one kernel; the second works in place, which makes it another one.
func.func @main(%x: tensor<8xf32>, %y: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %a = engine.map ins(%x : tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%p: f32):
    %n = arith.negf %p : f32
    engine.yield %n : f32
  }
  %b = engine.map ins(%y : tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%p: f32):
    %n = arith.negf %p : f32
    engine.yield %n : f32
  }
  func.return %a, %b : tensor<8xf32>, tensor<8xf32>
}

// CHECK-LABEL: func.func @map_8_{{.*}} attributes {plan = {chunks = 1 : i64, estimated_us = 0 : i64, lanes = 16 : i64, nests = "8", unroll = 4 : i64}} {
// CHECK:       func.func @main(%{{.*}}: memref<?xi8>, %{{.*}}: memref<?xi8>, %{{.*}}: memref<8xf32>, %{{.*}}: memref<8xf32>, %{{.*}}: memref<8xf32>, %{{.*}}: memref<8xf32>) {
// CHECK:         func.call @map_8_{{.*}}(%{{.*}}, %{{.*}}, %{{.*}}) : (index, memref<8xf32>, memref<8xf32>) -> ()
// CHECK-NEXT:    func.call @map_8_{{.*}}(%{{.*}}, %{{.*}}, %{{.*}}) : (index, memref<8xf32>, memref<8xf32>) -> ()

// -----

// A constant is a view of the weights; an index that may be out of range needs the status.
func.func @main(%i: tensor<2xi64>) -> tensor<2x3xf32> {
  %w = engine.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32> -> tensor<2x3xf32>
  %y = engine.gather %w, %i {axis = 0 : i64, nodes = ["/gather"]} : tensor<2x3xf32>, tensor<2xi64> -> tensor<2x3xf32>
  func.return %y : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @gather_2x3_{{.*}}
// CHECK:       func.func @main(%{{.*}}: memref<?xi8>, %{{.*}}: memref<?xi8>, %{{.*}}: memref<1xi64>, %{{.*}}: memref<2xi64>, %{{.*}}: memref<2x3xf32>) attributes {error_status} {
// CHECK:         %{{.*}} = memref.view %{{.*}}[%{{.*}}][] : memref<?xi8> to memref<2x3xf32>
// CHECK-NEXT:    func.call @gather_2x3_{{.*}}(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) : (index, memref<2x3xf32>, memref<2xi64>, memref<2x3xf32>, memref<1xi64>, i64) -> ()

// -----

// What a branch needs of the sizes of a call is looked at before it begins; the program ends there.
func.func @main(%c: tensor<i1>, %a: tensor<?xf32, #engine.sizes<"N">>, %b: tensor<?xf32, #engine.sizes<"M">>) -> tensor<?xf32, #engine.sizes<"N">> attributes {sizes = #engine.names<N in 0, M in 0>} {
  %y = engine.if %c {then_relations = [#engine.relation<"N", "M", "/Add">]} : tensor<i1> -> tensor<?xf32, #engine.sizes<"N">> {
    %n = engine.map ins(%a : tensor<?xf32, #engine.sizes<"N">>) -> tensor<?xf32, #engine.sizes<"N">> {
    ^bb0(%p: f32):
      %q = arith.negf %p : f32
      engine.yield %q : f32
    }
    engine.yield %n : tensor<?xf32, #engine.sizes<"N">>
  } else {
    engine.yield %a : tensor<?xf32, #engine.sizes<"N">>
  }
  func.return %y : tensor<?xf32, #engine.sizes<"N">>
}

// CHECK:       errors = ["/Add: '/Add' needs equal sizes, and N and M are not"]
// CHECK:       scf.if
// CHECK:         %{{.*}} = arith.cmpi eq, %{{.*}}, %{{.*}} : index
// CHECK:         memref.store %{{.*}}, %status[%{{.*}}] : memref<1xi64>
// CHECK-NEXT:    func.call @stepwell_stop_if_failed(%status) : (memref<1xi64>) -> ()
// CHECK:         func.call @map_p0_
