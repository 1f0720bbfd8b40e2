// RUN: %roundtrip
// RUN: %generic_roundtrip

// Branches and loops: regions read values from outside; loops take what they carry, or slices.

// CHECK-LABEL: func.func @main(
// CHECK: %{{.*}} = torch.cond(%{{.*}}) : (tensor<i1>) -> tensor<4xf32> then_branch() {
// CHECK: } else_branch() {
// CHECK: %{{.*}} = torch.while_loop(%{{.*}}, %{{.*}}) : (tensor<i64>, tensor<4xf32>) -> (tensor<i64>, tensor<4xf32>) cond(%{{.*}}: tensor<i64>, %{{.*}}: tensor<4xf32>) {
// CHECK: } body(%{{.*}}: tensor<i64>, %{{.*}}: tensor<4xf32>) {
// CHECK: %{{.*}}, %{{.*}} = torch.scan([%{{.*}}], [%{{.*}}]) : ([tensor<4xf32>], [tensor<7x4xf32>]) -> (tensor<4xf32>, tensor<7x4xf32>) body(
// CHECK: %{{.*}} = torch.map(%{{.*}}) : (tensor<7x4xf32>) -> tensor<7x4xf32> body(%{{.*}}: tensor<4xf32>) {
func.func @main(%x: tensor<7x4xf32>, %y: tensor<4xf32>, %go: tensor<i1>, %n: tensor<i64>) -> tensor<7x4xf32> {
  %a = torch.cond(%go) : (tensor<i1>) -> tensor<4xf32>
    then_branch() {
      torch.Yield %y : tensor<4xf32>
    } else_branch() {
      %b = torch.aten.sin.default(%y) : (tensor<4xf32>) -> tensor<4xf32>
      torch.Yield %b : tensor<4xf32>
    }
  %m, %c = torch.while_loop(%n, %a) : (tensor<i64>, tensor<4xf32>) -> (tensor<i64>, tensor<4xf32>)
    cond(%i: tensor<i64>, %d: tensor<4xf32>) {
      %less = torch.aten.lt.Scalar(%i) {other = 5} : (tensor<i64>) -> tensor<i1>
      torch.Yield %less : tensor<i1>
    } body(%j: tensor<i64>, %e: tensor<4xf32>) {
      %next = torch.aten.add.Scalar(%j) {other = 1} : (tensor<i64>) -> tensor<i64>
      %f = torch.aten.mul.Tensor(%e, %y) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      torch.Yield %next, %f : tensor<i64>, tensor<4xf32>
    }
  %last, %sums = torch.scan([%c], [%x]) : ([tensor<4xf32>], [tensor<7x4xf32>]) -> (tensor<4xf32>, tensor<7x4xf32>)
    body(%total: tensor<4xf32>, %row: tensor<4xf32>) {
      %sum = torch.aten.add.Tensor(%total, %row) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      torch.Yield %sum, %sum : tensor<4xf32>, tensor<4xf32>
    }
  %z = torch.map(%sums) : (tensor<7x4xf32>) -> tensor<7x4xf32>
    body(%part: tensor<4xf32>) {
      %g = torch.aten.mul.Tensor(%part, %last) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      torch.Yield %g : tensor<4xf32>
    }
  func.return %z : tensor<7x4xf32>
}
