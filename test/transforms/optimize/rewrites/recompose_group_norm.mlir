// RUN: opt-tool %s --split-input-file -p 'optimize{only=recompose-group-norm exactness=rounding}' --check-numerics | filecheck %s

// As PyTorch writes it.

func.func @groups(%x: tensor<2x6x2x2xf32>) -> tensor<2x6x2x2xf32> {
  %i = engine.reshape %x {nodes = ["/i"]} : tensor<2x6x2x2xf32> -> tensor<2x3x8xf32>
  %n = engine.norm %i {nodes = ["/n"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.reshape %n {nodes = ["/y"]} : tensor<2x3x8xf32> -> tensor<2x6x2x2xf32>
  func.return %y : tensor<2x6x2x2xf32>
}

// CHECK-LABEL: func.func @groups
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} {nodes = ["/n", "/i", "/y"], rewrites = ["recompose-group-norm"], kind = "layer", axes = array<i64: 1, 2, 3>, epsilon = 1.000000e-05 : f64, groups = 3 : i64} : tensor<2x6x2x2xf32> -> tensor<2x6x2x2xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x6x2x2xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_another_shape(%x: tensor<2x6x2x2xf32>) -> tensor<2x3x2x4xf32> {
  %i = engine.reshape %x {nodes = ["/i"]} : tensor<2x6x2x2xf32> -> tensor<2x3x8xf32>
  %n = engine.norm %i {nodes = ["/n"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.reshape %n {nodes = ["/y"]} : tensor<2x3x8xf32> -> tensor<2x3x2x4xf32>
  func.return %y : tensor<2x3x2x4xf32>
}

// CHECK-LABEL: func.func @near_miss_another_shape
// CHECK-NEXT:     %{{.*}} = engine.reshape %{{.*}} {nodes = ["/i"]} : tensor<2x6x2x2xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} {nodes = ["/n"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.reshape %{{.*}} {nodes = ["/y"]} : tensor<2x3x8xf32> -> tensor<2x3x2x4xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x3x2x4xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_part(%x: tensor<2x6x2x2xf32>) -> tensor<2x6x2x2xf32> {
  %i = engine.reshape %x {nodes = ["/i"]} : tensor<2x6x2x2xf32> -> tensor<2x3x2x4xf32>
  %n = engine.norm %i {nodes = ["/n"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x2x4xf32> -> tensor<2x3x2x4xf32>
  %y = engine.reshape %n {nodes = ["/y"]} : tensor<2x3x2x4xf32> -> tensor<2x6x2x2xf32>
  func.return %y : tensor<2x6x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_part
// CHECK-NEXT:     %{{.*}} = engine.reshape %{{.*}} {nodes = ["/i"]} : tensor<2x6x2x2xf32> -> tensor<2x3x2x4xf32>
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} {nodes = ["/n"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x2x4xf32> -> tensor<2x3x2x4xf32>
// CHECK-NEXT:     %{{.*}} = engine.reshape %{{.*}} {nodes = ["/y"]} : tensor<2x3x2x4xf32> -> tensor<2x6x2x2xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x6x2x2xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_rms(%x: tensor<2x6x2x2xf32>) -> tensor<2x6x2x2xf32> {
  %i = engine.reshape %x {nodes = ["/i"]} : tensor<2x6x2x2xf32> -> tensor<2x3x8xf32>
  %n = engine.norm %i {nodes = ["/n"], kind = "rms", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.reshape %n {nodes = ["/y"]} : tensor<2x3x8xf32> -> tensor<2x6x2x2xf32>
  func.return %y : tensor<2x6x2x2xf32>
}

// CHECK-LABEL: func.func @near_miss_rms
// CHECK-NEXT:     %{{.*}} = engine.reshape %{{.*}} {nodes = ["/i"]} : tensor<2x6x2x2xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} {nodes = ["/n"], kind = "rms", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.reshape %{{.*}} {nodes = ["/y"]} : tensor<2x3x8xf32> -> tensor<2x6x2x2xf32>
// CHECK-NEXT:     func.return %{{.*}} : tensor<2x6x2x2xf32>
// CHECK-NEXT:   }

// -----

func.func @near_miss_second_use(%x: tensor<2x6x2x2xf32>) -> (tensor<2x6x2x2xf32>, tensor<2x3x8xf32>) {
  %i = engine.reshape %x {nodes = ["/i"]} : tensor<2x6x2x2xf32> -> tensor<2x3x8xf32>
  %n = engine.norm %i {nodes = ["/n"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %y = engine.reshape %n {nodes = ["/y"]} : tensor<2x3x8xf32> -> tensor<2x6x2x2xf32>
  func.return %y, %n : tensor<2x6x2x2xf32>, tensor<2x3x8xf32>
}

// CHECK-LABEL: func.func @near_miss_second_use
// CHECK-NEXT:     %{{.*}} = engine.reshape %{{.*}} {nodes = ["/i"]} : tensor<2x6x2x2xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.norm %{{.*}} {nodes = ["/n"], kind = "layer", axes = array<i64: 2>, epsilon = 1.000000e-05 : f64} : tensor<2x3x8xf32> -> tensor<2x3x8xf32>
// CHECK-NEXT:     %{{.*}} = engine.reshape %{{.*}} {nodes = ["/y"]} : tensor<2x3x8xf32> -> tensor<2x6x2x2xf32>
// CHECK-NEXT:     func.return %{{.*}}, %{{.*}} : tensor<2x6x2x2xf32>, tensor<2x3x8xf32>
// CHECK-NEXT:   }
