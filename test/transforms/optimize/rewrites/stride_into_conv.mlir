// RUN: opt-tool %s --split-input-file -p 'optimize{only=stride-into-conv exactness=rounding}' --check-numerics | filecheck %s

// Every second row and every third column are computed alone.

func.func @both(%x: tensor<1x2x7x5xf32>, %w: tensor<3x2x3x3xf32>, %b: tensor<3x1x1xf32>, %r: tensor<1x3x7x5xf32>) -> (tensor<1x3x4x2xf32>) {
  %a = engine.conv %x, %w epilogue(%b, %r : tensor<3x1x1xf32>, tensor<1x3x7x5xf32>) {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x7x5xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x7x5xf32> {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %n = arith.addf %p, %q : f32
    %o = arith.subf %n, %s : f32
    engine.yield %o : f32
  }
  %c = engine.slice %a {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 3, 4, 2>, steps = array<i64: 1, 1, 2, 3>} : tensor<1x3x7x5xf32> -> tensor<1x3x4x2xf32>
  func.return %c : tensor<1x3x4x2xf32>
}

// CHECK-LABEL: func.func @both
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {rewrites = ["stride-into-conv"], starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 3, 4, 2>, steps = array<i64: 1, 1, 2, 3>} : tensor<1x3x7x5xf32> -> tensor<1x3x4x2xf32>
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}}, %{{.*}} : tensor<3x1x1xf32>, tensor<1x3x4x2xf32>) {rewrites = ["stride-into-conv"], strides = array<i64: 2, 3>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x7x5xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x4x2xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3x4x2xf32>
// CHECK-NEXT:    }

// -----

func.func @open(%x: tensor<?x2x7x5xf32, #engine.sizes<"N">>, %w: tensor<3x2x1x1xf32>) -> tensor<?x3x2x5xf32, #engine.sizes<"N">> attributes {sizes = #engine.names<N in 1>} {
  %a = engine.conv %x, %w {strides = array<i64: 2, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<?x2x7x5xf32, #engine.sizes<"N">>, tensor<3x2x1x1xf32> -> tensor<?x3x4x5xf32, #engine.sizes<"N">>
  %c = engine.slice %a {starts = array<i64: 0, 0, 0, 0>, sizes = #engine.extents<["N", 3, 2, 5]>, steps = array<i64: 1, 1, 2, 1>} : tensor<?x3x4x5xf32, #engine.sizes<"N">> -> tensor<?x3x2x5xf32, #engine.sizes<"N">>
  func.return %c : tensor<?x3x2x5xf32, #engine.sizes<"N">>
}

// CHECK-LABEL: func.func @open
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} {rewrites = ["stride-into-conv"], strides = array<i64: 4, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<?x2x7x5xf32, #engine.sizes<"N">>, tensor<3x2x1x1xf32> -> tensor<?x3x2x5xf32, #engine.sizes<"N">>
// CHECK-NEXT:      func.return %{{.*}} : tensor<?x3x2x5xf32, #engine.sizes<"N">>
// CHECK-NEXT:    }

// -----

// The first row is not taken.
func.func @near_miss_second(%x: tensor<1x2x7x5xf32>, %w: tensor<3x2x3x3xf32>, %b: tensor<3x1x1xf32>, %r: tensor<1x3x7x5xf32>) -> (tensor<1x3x3x5xf32>) {
  %a = engine.conv %x, %w epilogue(%b, %r : tensor<3x1x1xf32>, tensor<1x3x7x5xf32>) {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x7x5xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x7x5xf32> {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %n = arith.addf %p, %q : f32
    %o = arith.subf %n, %s : f32
    engine.yield %o : f32
  }
  %c = engine.slice %a {starts = array<i64: 0, 0, 1, 0>, sizes = array<i64: 1, 3, 3, 5>, steps = array<i64: 1, 1, 2, 1>} : tensor<1x3x7x5xf32> -> tensor<1x3x3x5xf32>
  func.return %c : tensor<1x3x3x5xf32>
}

// CHECK-LABEL: func.func @near_miss_second
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}}, %{{.*}} : tensor<3x1x1xf32>, tensor<1x3x7x5xf32>) {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x7x5xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x7x5xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 1, 0>, sizes = array<i64: 1, 3, 3, 5>, steps = array<i64: 1, 1, 2, 1>} : tensor<1x3x7x5xf32> -> tensor<1x3x3x5xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3x3x5xf32>
// CHECK-NEXT:    }

// -----

// The last ones are not.
func.func @near_miss_fewer(%x: tensor<1x2x7x5xf32>, %w: tensor<3x2x3x3xf32>, %b: tensor<3x1x1xf32>, %r: tensor<1x3x7x5xf32>) -> (tensor<1x3x2x5xf32>) {
  %a = engine.conv %x, %w epilogue(%b, %r : tensor<3x1x1xf32>, tensor<1x3x7x5xf32>) {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x7x5xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x7x5xf32> {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %n = arith.addf %p, %q : f32
    %o = arith.subf %n, %s : f32
    engine.yield %o : f32
  }
  %c = engine.slice %a {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 3, 2, 5>, steps = array<i64: 1, 1, 2, 1>} : tensor<1x3x7x5xf32> -> tensor<1x3x2x5xf32>
  func.return %c : tensor<1x3x2x5xf32>
}

// CHECK-LABEL: func.func @near_miss_fewer
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}}, %{{.*}} : tensor<3x1x1xf32>, tensor<1x3x7x5xf32>) {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x7x5xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x7x5xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 3, 2, 5>, steps = array<i64: 1, 1, 2, 1>} : tensor<1x3x7x5xf32> -> tensor<1x3x2x5xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x3x2x5xf32>
// CHECK-NEXT:    }

// -----

// Channels are taken, too.
func.func @near_miss_channels(%x: tensor<1x2x7x5xf32>, %w: tensor<3x2x3x3xf32>, %b: tensor<3x1x1xf32>, %r: tensor<1x3x7x5xf32>) -> (tensor<1x2x4x5xf32>) {
  %a = engine.conv %x, %w epilogue(%b, %r : tensor<3x1x1xf32>, tensor<1x3x7x5xf32>) {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x7x5xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x7x5xf32> {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %n = arith.addf %p, %q : f32
    %o = arith.subf %n, %s : f32
    engine.yield %o : f32
  }
  %c = engine.slice %a {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 2, 4, 5>, steps = array<i64: 1, 1, 2, 1>} : tensor<1x3x7x5xf32> -> tensor<1x2x4x5xf32>
  func.return %c : tensor<1x2x4x5xf32>
}

// CHECK-LABEL: func.func @near_miss_channels
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}}, %{{.*}} : tensor<3x1x1xf32>, tensor<1x3x7x5xf32>) {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x7x5xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x7x5xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 2, 4, 5>, steps = array<i64: 1, 1, 2, 1>} : tensor<1x3x7x5xf32> -> tensor<1x2x4x5xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x4x5xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_read(%x: tensor<1x2x7x5xf32>, %w: tensor<3x2x3x3xf32>, %b: tensor<3x1x1xf32>, %r: tensor<1x3x7x5xf32>) -> (tensor<1x3x4x5xf32>, tensor<1x3x7x5xf32>) {
  %a = engine.conv %x, %w epilogue(%b, %r : tensor<3x1x1xf32>, tensor<1x3x7x5xf32>) {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x7x5xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x7x5xf32> {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %n = arith.addf %p, %q : f32
    %o = arith.subf %n, %s : f32
    engine.yield %o : f32
  }
  %c = engine.slice %a {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 3, 4, 5>, steps = array<i64: 1, 1, 2, 1>} : tensor<1x3x7x5xf32> -> tensor<1x3x4x5xf32>
  func.return %c, %a : tensor<1x3x4x5xf32>, tensor<1x3x7x5xf32>
}

// CHECK-LABEL: func.func @near_miss_read
// CHECK-NEXT:      %{{.*}} = engine.conv %{{.*}}, %{{.*}} epilogue(%{{.*}}, %{{.*}} : tensor<3x1x1xf32>, tensor<1x3x7x5xf32>) {strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>, groups = 1 : i64} : tensor<1x2x7x5xf32>, tensor<3x2x3x3xf32> -> tensor<1x3x7x5xf32> {
// CHECK-NEXT:      ^bb0(%{{.*}}: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT:        %{{.*}} = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        %{{.*}} = arith.subf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:        engine.yield %{{.*}} : f32
// CHECK-NEXT:      }
// CHECK-NEXT:      %{{.*}} = engine.slice %{{.*}} {starts = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 3, 4, 5>, steps = array<i64: 1, 1, 2, 1>} : tensor<1x3x7x5xf32> -> tensor<1x3x4x5xf32>
// CHECK-NEXT:      func.return %{{.*}}, %{{.*}} : tensor<1x3x4x5xf32>, tensor<1x3x7x5xf32>
// CHECK-NEXT:    }
