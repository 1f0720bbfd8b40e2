builtin.module attributes {weights = [{offset = 0 : i64, type = memref<2xf32>, value = dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>}]} {
  func.func @relayout_2_7435a990853c(%chunk: index, %0: memref<2xf32>, %1: memref<2xf32>) attributes {plan = {boxes = 1 : i64, chunks = 1 : i64, copies = "max"}} {
    func.return
  }
  func.func @main(%weights: memref<?xi8>, %arena: memref<?xi8>, %arg0: memref<2xf32>) {
    func.return
  }
}
