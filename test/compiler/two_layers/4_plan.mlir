// RUN: opt-tool %s | opt-tool - | filecheck %s

// The same in memory: what is between the layers lies in the arena, behind 64 bytes nobody uses.

// CHECK: func.func @main(
func.func @main(%arena: memref<96xi8>, %x: memref<2x3xf32>, %y: memref<2x2xf32>) attributes {input_names = ["x"], output_names = ["y"]} {
  %w = engine.constant dense<[[1.0, -1.0, 0.5, 2.0], [0.0, 1.0, -2.0, 1.0], [3.0, 0.5, 1.0, -1.0]]> : tensor<3x4xf32> -> memref<3x4xf32>
  %b = engine.constant dense<[0.5, -0.5, 0.0, 1.0]> : tensor<4xf32> -> memref<4xf32>
  %v = engine.constant dense<[[1.0, 2.0], [-1.0, 0.5], [0.25, 1.0], [1.0, -2.0]]> : tensor<4x2xf32> -> memref<4x2xf32>
  %h = engine.view %arena {offset = 64 : i64} : memref<96xi8> -> memref<2x4xf32>
  engine.matmul %x, %w epilogue(%b : memref<4xf32>) outs(%h : memref<2x4xf32>) : memref<2x3xf32>, memref<3x4xf32> {
  ^bb0(%a: f32, %c: f32):
    %s = arith.addf %a, %c : f32
    %z = arith.constant 0.0 : f32
    %m = arith.maximumf %s, %z : f32
    engine.yield %m : f32
  }
  engine.matmul %h, %v outs(%y : memref<2x2xf32>) : memref<2x4xf32>, memref<4x2xf32>
  func.return
}
