// RUN: opt-tool %s --pass-pipeline=convert-onnx-to-engine | filecheck %s

// A weight says how many channels an input has by name.

// CHECK-LABEL: func.func @grouped
// CHECK-SAME:  relations = [#engine.relation<"C", 4
// CHECK:       %[[X:.*]] = engine.reshape %x {{.*}} -> tensor<2x4x8xf32>
// CHECK-NEXT:  engine.conv %[[X]], %w
func.func @grouped(%x: tensor<2x?x8xf32, #framework.dims<["", "C", ""]>>, %w: tensor<4x1x3xf32>) -> tensor<2x4x6xf32> attributes {sizes = #engine.names<C in 0 hint 4>} {
  %y = onnx.Conv(%x, %w) {group = 4, nodes = ["/conv"]} : (tensor<2x?x8xf32, #framework.dims<["", "C", ""]>>, tensor<4x1x3xf32>) -> tensor<2x4x6xf32>
  func.return %y : tensor<2x4x6xf32>
}
