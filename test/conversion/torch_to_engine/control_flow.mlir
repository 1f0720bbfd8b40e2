// RUN: opt-tool %s -p convert-to-engine --split-input-file | filecheck %s

// A condition that the data decides: both branches.
// CHECK-LABEL: func.func @both(
// CHECK: engine.if %go
func.func @both(%y: tensor<4xf32>, %go: tensor<i1>) -> tensor<4xf32> {
  %a = torch.cond(%go) : (tensor<i1>) -> tensor<4xf32>
    then_branch() {
      torch.Yield %y : tensor<4xf32>
    } else_branch() {
      %b = torch.aten.sin.default(%y) : (tensor<4xf32>) -> tensor<4xf32>
      torch.Yield %b : tensor<4xf32>
    }
  func.return %a : tensor<4xf32>
}

// -----

// A constant takes one of them.
// CHECK-LABEL: func.func @one(
// CHECK-NOT: engine.if
// CHECK: math.sin
func.func @one(%y: tensor<4xf32>) -> tensor<4xf32> {
  %go = torch.Constant dense<false> : tensor<i1>
  %a = torch.cond(%go) : (tensor<i1>) -> tensor<4xf32>
    then_branch() {
      torch.Yield %y : tensor<4xf32>
    } else_branch() {
      %b = torch.aten.sin.default(%y) : (tensor<4xf32>) -> tensor<4xf32>
      torch.Yield %b : tensor<4xf32>
    }
  func.return %a : tensor<4xf32>
}

// -----

// A loop that the data ends.
// CHECK-LABEL: func.func @loop(
// CHECK: engine.loop
func.func @loop(%y: tensor<4xf32>, %n: tensor<i64>) -> tensor<4xf32> {
  %m, %c = torch.while_loop(%n, %y) : (tensor<i64>, tensor<4xf32>) -> (tensor<i64>, tensor<4xf32>)
    cond(%i: tensor<i64>, %d: tensor<4xf32>) {
      %less = torch.aten.lt.Scalar(%i) {other = 5} : (tensor<i64>) -> tensor<i1>
      torch.Yield %less : tensor<i1>
    } body(%j: tensor<i64>, %e: tensor<4xf32>) {
      %next = torch.aten.add.Scalar(%j) {other = 1} : (tensor<i64>) -> tensor<i64>
      %f = torch.aten.mul.Tensor(%e, %y) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      torch.Yield %next, %f : tensor<i64>, tensor<4xf32>
    }
  func.return %c : tensor<4xf32>
}

// -----

// A scan of a few slices is written out, one of many is a loop.
// CHECK-LABEL: func.func @short(
// CHECK-NOT: engine.loop
// CHECK: engine.concat
func.func @short(%x: tensor<3x4xf32>, %y: tensor<4xf32>) -> tensor<3x4xf32> {
  %last, %sums = torch.scan([%y], [%x]) : ([tensor<4xf32>], [tensor<3x4xf32>]) -> (tensor<4xf32>, tensor<3x4xf32>)
    body(%total: tensor<4xf32>, %row: tensor<4xf32>) {
      %sum = torch.aten.add.Tensor(%total, %row) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      torch.Yield %sum, %sum : tensor<4xf32>, tensor<4xf32>
    }
  func.return %sums : tensor<3x4xf32>
}

// -----

// CHECK-LABEL: func.func @long(
// CHECK: engine.loop
func.func @long(%x: tensor<3000x4xf32>) -> tensor<3000x4xf32> {
  %z = torch.map(%x) : (tensor<3000x4xf32>) -> tensor<3000x4xf32>
    body(%part: tensor<4xf32>) {
      %g = torch.aten.mul.Tensor(%part, %part) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      torch.Yield %g : tensor<4xf32>
    }
  func.return %z : tensor<3000x4xf32>
}
