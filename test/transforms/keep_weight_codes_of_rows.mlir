// RUN: opt-tool %s -p keep-weight-codes | filecheck %s

// The class is that of what the model allows: no numeric check.

// Where rows may be rounded, codes become unsigned.
func.func @rounded_rows(%x: tensor<2x16xf32>) -> tensor<2x1xf32> {
  %c = engine.constant dense<[[1, 2, 3, 4, 5, 6, -7, 8]]> : tensor<1x8xi8> -> tensor<1x8xi8>
  %s = engine.constant dense<[[0.5]]> : tensor<1x1xf32> -> tensor<1x1xf32>
  %w = engine.decode %c scales(%s : tensor<1x1xf32>) {bits = 4 : i64, block = 16 : i64, size = 16 : i64, lhs_codes = i8} : tensor<1x8xi8> -> tensor<1x16xf32>
  %y = engine.matmul %x, %w {trans_rhs} : tensor<2x16xf32>, tensor<1x16xf32> -> tensor<2x1xf32>
  func.return %y : tensor<2x1xf32>
}

// CHECK-LABEL: func.func @rounded_rows
// CHECK:       engine.coded_matmul {{.*}}lhs_codes = i8} : tensor<2x16xf32>, tensor<1x8xui8>
