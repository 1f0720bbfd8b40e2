// RUN: opt-tool %s | opt-tool - | filecheck %s

// The same as code: a kernel for each layer, and the weights at offsets of an image.

builtin.module attributes {weights = [
  {offset = 0 : i64, type = memref<3x4xf32>, value = dense<[[1.0, -1.0, 0.5, 2.0], [0.0, 1.0, -2.0, 1.0], [3.0, 0.5, 1.0, -1.0]]> : tensor<3x4xf32>},
  {offset = 64 : i64, type = memref<4xf32>, value = dense<[0.5, -0.5, 0.0, 1.0]> : tensor<4xf32>},
  {offset = 128 : i64, type = memref<4x2xf32>, value = dense<[[1.0, 2.0], [-1.0, 0.5], [0.25, 1.0], [1.0, -2.0]]> : tensor<4x2xf32>}
]} {
  // One row: a vector of four sums, one for each column of the weights.
  func.func @first(%row: index, %x: memref<2x3xf32>, %w: memref<3x4xf32>, %b: memref<4xf32>, %h: memref<2x4xf32>) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c3 = arith.constant 3 : index
    %bias = vector.load %b[%c0] : memref<4xf32>, vector<4xf32>
    %sum = scf.for %k = %c0 to %c3 step %c1 iter_args(%acc = %bias) -> (vector<4xf32>) {
      %s = memref.load %x[%row, %k] : memref<2x3xf32>
      %a = vector.broadcast %s : f32 to vector<4xf32>
      %r = vector.load %w[%k, %c0] : memref<3x4xf32>, vector<4xf32>
      %next = vector.fma %a, %r, %acc : vector<4xf32>
      scf.yield %next : vector<4xf32>
    }
    %zero = arith.constant dense<0.0> : vector<4xf32>
    %positive = arith.maximumf %sum, %zero : vector<4xf32>
    vector.store %positive, %h[%row, %c0] : memref<2x4xf32>, vector<4xf32>
    func.return
  }

  // One number of the result.
  func.func @second(%row: index, %column: index, %h: memref<2x4xf32>, %v: memref<4x2xf32>, %y: memref<2x2xf32>) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    %zero = arith.constant 0.0 : f32
    %sum = scf.for %k = %c0 to %c4 step %c1 iter_args(%acc = %zero) -> (f32) {
      %a = memref.load %h[%row, %k] : memref<2x4xf32>
      %b = memref.load %v[%k, %column] : memref<4x2xf32>
      %p = arith.mulf %a, %b : f32
      %next = arith.addf %acc, %p : f32
      scf.yield %next : f32
    }
    memref.store %sum, %y[%row, %column] : memref<2x2xf32>
    func.return
  }

  // CHECK: func.func @main(
  func.func @main(%weights: memref<?xi8>, %arena: memref<?xi8>, %x: memref<2x3xf32>, %y: memref<2x2xf32>) attributes {input_names = ["x"], output_names = ["y"]} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c2 = arith.constant 2 : index
    %at_b = arith.constant 64 : index
    %at_v = arith.constant 128 : index
    %w = memref.view %weights[%c0][] : memref<?xi8> to memref<3x4xf32>
    %b = memref.view %weights[%at_b][] : memref<?xi8> to memref<4xf32>
    %v = memref.view %weights[%at_v][] : memref<?xi8> to memref<4x2xf32>
    %h = memref.view %arena[%c0][] : memref<?xi8> to memref<2x4xf32>
    scf.for %row = %c0 to %c2 step %c1 {
      func.call @first(%row, %x, %w, %b, %h) : (index, memref<2x3xf32>, memref<3x4xf32>, memref<4xf32>, memref<2x4xf32>) -> ()
    }
    scf.for %row = %c0 to %c2 step %c1 {
      scf.for %column = %c0 to %c2 step %c1 {
        func.call @second(%row, %column, %h, %v, %y) : (index, index, memref<2x4xf32>, memref<4x2xf32>, memref<2x2xf32>) -> ()
      }
    }
    func.return
  }
}
