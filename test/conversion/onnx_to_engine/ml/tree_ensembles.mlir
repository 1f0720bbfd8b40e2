// RUN: opt-tool %s --pass-pipeline=convert-onnx-to-engine --check-numerics | filecheck %s

// Every comparison becomes one with a threshold that a column is at most.

// `x < 0.5` is `x <= t` with the number below 0.5.
func.func @less(%x: tensor<4x3xf32>) -> tensor<4x1xf32> {
  %y = onnx.ml.TreeEnsembleRegressor(%x) {n_targets = 1, nodes_treeids = [0, 0, 0], nodes_nodeids = [0, 1, 2], nodes_featureids = [2, 0, 0], nodes_modes = ["BRANCH_LT", "LEAF", "LEAF"], nodes_values = [0.5, 0.0, 0.0], nodes_truenodeids = [1, 0, 0], nodes_falsenodeids = [2, 0, 0], target_treeids = [0, 0], target_nodeids = [1, 2], target_ids = [0, 0], target_weights = [1.0, 2.0], nodes = ["forest"]} : (tensor<4x3xf32>) -> tensor<4x1xf32>
  func.return %y : tensor<4x1xf32>
}
// CHECK-LABEL: func.func @less
// CHECK:         %features = engine.constant dense<[2, 0, 0]>
// CHECK-NEXT:    %thresholds = engine.constant dense<[0.49999997{{[0-9]*}}, 0x7fc00000, 0x7fc00000]>
// CHECK-NEXT:    %children = engine.constant dense<[1, 0, 1]>
// CHECK:         %y = engine.tree_ensemble %x, %features, %thresholds, %children, %leaves, %trees, %weights {nodes = ["forest"], targets = 1 : i64, aggregate = "sum"}
// CHECK-NEXT:    func.return %y

// `x > 0.5` has its successors the other way round, and so the place where NaN goes: it is read as
// minus infinity.
func.func @greater(%x: tensor<4x3xf32>) -> tensor<4x1xf32> {
  %y = onnx.ml.TreeEnsembleRegressor(%x) {n_targets = 1, nodes_treeids = [0, 0, 0], nodes_nodeids = [0, 1, 2], nodes_featureids = [2, 0, 0], nodes_modes = ["BRANCH_GT", "LEAF", "LEAF"], nodes_values = [0.5, 0.0, 0.0], nodes_truenodeids = [1, 0, 0], nodes_falsenodeids = [2, 0, 0], target_treeids = [0, 0], target_nodeids = [1, 2], target_ids = [0, 0], target_weights = [1.0, 2.0], nodes = ["forest"]} : (tensor<4x3xf32>) -> tensor<4x1xf32>
  func.return %y : tensor<4x1xf32>
}
// CHECK-LABEL: func.func @greater
// CHECK:         engine.map ins(%x
// CHECK:           arith.constant 0xff800000 : f32
// CHECK:         %thresholds = engine.constant dense<[5.000000e-01, 0x7fc00000, 0x7fc00000]>
// CHECK:         %weights = engine.constant dense<{{\[}}[2.000000e+00], [1.000000e+00]]>

// Strings are looked up behind everything that is numeric.
func.func @words(%x: tensor<4x3xf32>) -> (tensor<4x!framework.string>, tensor<4x2xf32>) {
  %y, %z = onnx.ml.TreeEnsembleClassifier(%x) {classlabels_strings = ["no", "yes"], nodes_treeids = [0, 0, 0], nodes_nodeids = [0, 1, 2], nodes_featureids = [2, 0, 0], nodes_modes = ["BRANCH_LEQ", "LEAF", "LEAF"], nodes_values = [0.5, 0.0, 0.0], nodes_truenodeids = [1, 0, 0], nodes_falsenodeids = [2, 0, 0], class_treeids = [0, 0], class_nodeids = [1, 2], class_ids = [0, 0], class_weights = [0.25, 0.75], nodes = ["forest"]} : (tensor<4x3xf32>) -> (tensor<4x!framework.string>, tensor<4x2xf32>)
  func.return %y, %z : tensor<4x!framework.string>, tensor<4x2xf32>
}
// CHECK-LABEL: func.func @words
// CHECK:         engine.tree_ensemble
// CHECK:         engine.reference
// CHECK:           onnx.ml.LabelEncoder
// CHECK-NOT:     TreeEnsembleClassifier
