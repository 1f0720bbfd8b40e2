// RUN: opt-tool %s -p 'assign-layouts,plan-memory' | filecheck %s

// Windows over no channels: layouts are chosen, and nothing is divided by the number of channels.

// CHECK: engine.pool {{.*}} : memref<1x0x8x8xf32
func.func @main(%x: tensor<1x0x8x8xf32>) -> tensor<1x0x6x6xf32> {
  %y = engine.pool %x {kind = "max", kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>} : tensor<1x0x8x8xf32> -> tensor<1x0x6x6xf32>
  func.return %y : tensor<1x0x6x6xf32>
}
