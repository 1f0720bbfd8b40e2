// RUN: opt-tool %s --split-input-file -p 'optimize{only=slice-after-reshape exactness=bitwise}' --check-numerics | filecheck %s

// Heads inside a joint projection: a slice of a view, not a copy of a slice.

func.func @heads_of_a_joint_projection(%x: tensor<4x36xf32>) -> tensor<1x4x3x4xf32> {
  %s = engine.slice %x {starts = array<i64: 0, 12>, sizes = array<i64: 4, 12>, steps = array<i64: 1, 1>, nodes = ["/split"]} : tensor<4x36xf32> -> tensor<4x12xf32>
  %y = engine.reshape %s {nodes = ["/heads"]} : tensor<4x12xf32> -> tensor<1x4x3x4xf32>
  func.return %y : tensor<1x4x3x4xf32>
}

// CHECK-LABEL: func.func @heads_of_a_joint_projection
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {nodes = ["/split", "/heads"], rewrites = ["slice-after-reshape"]} : tensor<4x36xf32> -> tensor<1x4x9x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {nodes = ["/split", "/heads"], rewrites = ["slice-after-reshape"], starts = array<i64: 0, 0, 3, 0>, sizes = array<i64: 1, 4, 3, 4>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x4x9x4xf32> -> tensor<1x4x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x4x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @in_the_middle(%x: tensor<2x24x5xf32>) -> tensor<2x4x2x5xf32> {
  %s = engine.slice %x {starts = array<i64: 0, 8, 0>, sizes = array<i64: 2, 8, 5>, steps = array<i64: 1, 1, 1>, nodes = ["/split"]} : tensor<2x24x5xf32> -> tensor<2x8x5xf32>
  %y = engine.reshape %s {nodes = ["/heads"]} : tensor<2x8x5xf32> -> tensor<2x4x2x5xf32>
  func.return %y : tensor<2x4x2x5xf32>
}

// CHECK-LABEL: func.func @in_the_middle
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {nodes = ["/split", "/heads"], rewrites = ["slice-after-reshape"]} : tensor<2x24x5xf32> -> tensor<2x12x2x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {nodes = ["/split", "/heads"], rewrites = ["slice-after-reshape"], starts = array<i64: 0, 4, 0, 0>, sizes = array<i64: 2, 4, 2, 5>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x12x2x5xf32> -> tensor<2x4x2x5xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x4x2x5xf32>
// CHECK-NEXT:    }

// -----

func.func @rest_merges_with_pieces(%x: tensor<2x12x5xf32>) -> tensor<2x3x10xf32> {
  %s = engine.slice %x {starts = array<i64: 0, 6, 0>, sizes = array<i64: 2, 6, 5>, steps = array<i64: 1, 1, 1>, nodes = ["/split"]} : tensor<2x12x5xf32> -> tensor<2x6x5xf32>
  %y = engine.reshape %s {nodes = ["/heads"]} : tensor<2x6x5xf32> -> tensor<2x3x10xf32>
  func.return %y : tensor<2x3x10xf32>
}

// CHECK-LABEL: func.func @rest_merges_with_pieces
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {nodes = ["/split", "/heads"], rewrites = ["slice-after-reshape"]} : tensor<2x12x5xf32> -> tensor<2x6x10xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {nodes = ["/split", "/heads"], rewrites = ["slice-after-reshape"], starts = array<i64: 0, 3, 0>, sizes = array<i64: 2, 3, 10>, steps = array<i64: 1, 1, 1>} : tensor<2x6x10xf32> -> tensor<2x3x10xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x10xf32>
// CHECK-NEXT:    }

// -----

func.func @one_piece(%x: tensor<4x36xf32>) -> tensor<4x1x12xf32> {
  %s = engine.slice %x {starts = array<i64: 0, 24>, sizes = array<i64: 4, 12>, steps = array<i64: 1, 1>, nodes = ["/split"]} : tensor<4x36xf32> -> tensor<4x12xf32>
  %y = engine.reshape %s {nodes = ["/heads"]} : tensor<4x12xf32> -> tensor<4x1x12xf32>
  func.return %y : tensor<4x1x12xf32>
}

// CHECK-LABEL: func.func @one_piece
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {nodes = ["/split", "/heads"], rewrites = ["slice-after-reshape"]} : tensor<4x36xf32> -> tensor<4x3x12xf32>
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {nodes = ["/split", "/heads"], rewrites = ["slice-after-reshape"], starts = array<i64: 0, 2, 0>, sizes = array<i64: 4, 1, 12>, steps = array<i64: 1, 1, 1>} : tensor<4x3x12xf32> -> tensor<4x1x12xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x1x12xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_start_inside_a_piece(%x: tensor<4x36xf32>) -> tensor<4x3x4xf32> {
  %s = engine.slice %x {starts = array<i64: 0, 2>, sizes = array<i64: 4, 12>, steps = array<i64: 1, 1>, nodes = ["/split"]} : tensor<4x36xf32> -> tensor<4x12xf32>
  %y = engine.reshape %s {nodes = ["/heads"]} : tensor<4x12xf32> -> tensor<4x3x4xf32>
  func.return %y : tensor<4x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_start_inside_a_piece
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {nodes = ["/split"], starts = array<i64: 0, 2>, sizes = array<i64: 4, 12>, steps = array<i64: 1, 1>} : tensor<4x36xf32> -> tensor<4x12xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {nodes = ["/heads"]} : tensor<4x12xf32> -> tensor<4x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_left_over(%x: tensor<4x34xf32>) -> tensor<4x3x4xf32> {
  %s = engine.slice %x {starts = array<i64: 0, 12>, sizes = array<i64: 4, 12>, steps = array<i64: 1, 1>, nodes = ["/split"]} : tensor<4x34xf32> -> tensor<4x12xf32>
  %y = engine.reshape %s {nodes = ["/heads"]} : tensor<4x12xf32> -> tensor<4x3x4xf32>
  func.return %y : tensor<4x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_left_over
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {nodes = ["/split"], starts = array<i64: 0, 12>, sizes = array<i64: 4, 12>, steps = array<i64: 1, 1>} : tensor<4x34xf32> -> tensor<4x12xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {nodes = ["/heads"]} : tensor<4x12xf32> -> tensor<4x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_steps(%x: tensor<4x36xf32>) -> tensor<4x3x4xf32> {
  %s = engine.slice %x {starts = array<i64: 0, 0>, sizes = array<i64: 4, 12>, steps = array<i64: 1, 3>, nodes = ["/split"]} : tensor<4x36xf32> -> tensor<4x12xf32>
  %y = engine.reshape %s {nodes = ["/heads"]} : tensor<4x12xf32> -> tensor<4x3x4xf32>
  func.return %y : tensor<4x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_steps
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {nodes = ["/split"], starts = array<i64: 0, 0>, sizes = array<i64: 4, 12>, steps = array<i64: 1, 3>} : tensor<4x36xf32> -> tensor<4x12xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {nodes = ["/heads"]} : tensor<4x12xf32> -> tensor<4x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<4x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_two_dimensions(%x: tensor<4x36xf32>) -> tensor<2x3x4xf32> {
  %s = engine.slice %x {starts = array<i64: 0, 12>, sizes = array<i64: 2, 12>, steps = array<i64: 1, 1>, nodes = ["/split"]} : tensor<4x36xf32> -> tensor<2x12xf32>
  %y = engine.reshape %s {nodes = ["/heads"]} : tensor<2x12xf32> -> tensor<2x3x4xf32>
  func.return %y : tensor<2x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_two_dimensions
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {nodes = ["/split"], starts = array<i64: 0, 12>, sizes = array<i64: 2, 12>, steps = array<i64: 1, 1>} : tensor<4x36xf32> -> tensor<2x12xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {nodes = ["/heads"]} : tensor<2x12xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<2x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_merges(%x: tensor<4x36xf32>) -> tensor<48xf32> {
  %s = engine.slice %x {starts = array<i64: 0, 12>, sizes = array<i64: 4, 12>, steps = array<i64: 1, 1>, nodes = ["/split"]} : tensor<4x36xf32> -> tensor<4x12xf32>
  %y = engine.reshape %s {nodes = ["/heads"]} : tensor<4x12xf32> -> tensor<48xf32>
  func.return %y : tensor<48xf32>
}

// CHECK-LABEL: func.func @near_miss_merges
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {nodes = ["/split"], starts = array<i64: 0, 12>, sizes = array<i64: 4, 12>, steps = array<i64: 1, 1>} : tensor<4x36xf32> -> tensor<4x12xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {nodes = ["/heads"]} : tensor<4x12xf32> -> tensor<48xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<48xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_other_pieces(%x: tensor<4x36xf32>) -> tensor<8x6xf32> {
  %s = engine.slice %x {starts = array<i64: 0, 12>, sizes = array<i64: 4, 12>, steps = array<i64: 1, 1>, nodes = ["/split"]} : tensor<4x36xf32> -> tensor<4x12xf32>
  %y = engine.reshape %s {nodes = ["/heads"]} : tensor<4x12xf32> -> tensor<8x6xf32>
  func.return %y : tensor<8x6xf32>
}

// CHECK-LABEL: func.func @near_miss_other_pieces
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {nodes = ["/split"], starts = array<i64: 0, 12>, sizes = array<i64: 4, 12>, steps = array<i64: 1, 1>} : tensor<4x36xf32> -> tensor<4x12xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {nodes = ["/heads"]} : tensor<4x12xf32> -> tensor<8x6xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<8x6xf32>
// CHECK-NEXT:    }
