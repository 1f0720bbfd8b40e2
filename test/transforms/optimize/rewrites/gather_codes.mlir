// RUN: opt-tool %s --split-input-file -p 'optimize{only=gather-codes exactness=bitwise}' --check-numerics | filecheck %s

// Rows of a table are gathered as they are stored, with their scales and zero points.

func.func @rows(%c: tensor<5x16xui8>, %s: tensor<5x2xf32>, %z: tensor<5x2xui8>, %i: tensor<2x3xi64>) -> tensor<2x3x32xf32> {
  %t = engine.decode %c scales(%s : tensor<5x2xf32>) zeros(%z : tensor<5x2xui8>) {bits = 4 : i64, block = 16 : i64, size = 32 : i64} : tensor<5x16xui8> -> tensor<5x32xf32>
  %y = engine.gather %t, %i {axis = 0 : i64} : tensor<5x32xf32>, tensor<2x3xi64> -> tensor<2x3x32xf32>
  func.return %y : tensor<2x3x32xf32>
}

// CHECK-LABEL: func.func @rows
// CHECK-DAG:   %[[C:.*]] = engine.gather %c, %i {{.*}} -> tensor<2x3x16xui8>
// CHECK-DAG:   %[[S:.*]] = engine.gather %s, %i {{.*}} -> tensor<2x3x2xf32>
// CHECK-DAG:   %[[Z:.*]] = engine.gather %z, %i {{.*}} -> tensor<2x3x2xui8>
// CHECK:       engine.decode %[[C]] scales(%[[S]] : tensor<2x3x2xf32>) zeros(%[[Z]] : tensor<2x3x2xui8>) {{.*}} -> tensor<2x3x32xf32>

// -----

// Near miss: elements of rows.

func.func @near_miss_columns(%c: tensor<5x16xui8>, %s: tensor<5x2xf32>, %i: tensor<3xi64>) -> tensor<5x3xf32> {
  %t = engine.decode %c scales(%s : tensor<5x2xf32>) {bits = 4 : i64, block = 16 : i64, size = 32 : i64} : tensor<5x16xui8> -> tensor<5x32xf32>
  %y = engine.gather %t, %i {axis = 1 : i64} : tensor<5x32xf32>, tensor<3xi64> -> tensor<5x3xf32>
  func.return %y : tensor<5x3xf32>
}

// CHECK-LABEL: func.func @near_miss_columns
// CHECK-NOT:   rewrites
// CHECK:       func.return

// -----

// A graph output as well: the table is decoded as a whole, too, and rows are still gathered as codes.

func.func @output(%c: tensor<5x16xui8>, %s: tensor<5x2xf32>, %i: tensor<3xi64>) -> (tensor<5x32xf32>, tensor<3x32xf32>) {
  %t = engine.decode %c scales(%s : tensor<5x2xf32>) {bits = 4 : i64, block = 16 : i64, size = 32 : i64} : tensor<5x16xui8> -> tensor<5x32xf32>
  %y = engine.gather %t, %i {axis = 0 : i64} : tensor<5x32xf32>, tensor<3xi64> -> tensor<3x32xf32>
  func.return %t, %y : tensor<5x32xf32>, tensor<3x32xf32>
}

// CHECK-LABEL: func.func @output
// CHECK:       engine.decode %c scales(%s : tensor<5x2xf32>)
// CHECK:       func.return
