// RUN: opt-tool %s --split-input-file -p 'optimize{only=share-heads exactness=bitwise}' --check-numerics | filecheck %s

// Heads that are copies of one another are read in one place.

func.func @grouped(%q: tensor<1x2x3x4xf32>, %k: tensor<1x1x3x4xf32>, %v: tensor<1x1x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %a1 = engine.reshape %k : tensor<1x1x3x4xf32> -> tensor<1x1x1x3x4xf32>
  %a2 = engine.broadcast %a1 : tensor<1x1x1x3x4xf32> -> tensor<1x1x2x3x4xf32>
  %a = engine.reshape %a2 : tensor<1x1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  %b1 = engine.reshape %v : tensor<1x1x3x4xf32> -> tensor<1x1x1x3x4xf32>
  %b2 = engine.broadcast %b1 : tensor<1x1x1x3x4xf32> -> tensor<1x1x2x3x4xf32>
  %b = engine.reshape %b2 : tensor<1x1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  %y = engine.attention %q, %a, %b {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @grouped
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<1x1x3x4xf32> -> tensor<1x1x1x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<1x1x3x4xf32> -> tensor<1x1x1x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {nodes = ["/attention"], rewrites = ["share-heads"]} : tensor<1x1x1x3x4xf32> -> tensor<1x1x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} {nodes = ["/attention"], rewrites = ["share-heads"]} : tensor<1x1x1x3x4xf32> -> tensor<1x1x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} {nodes = ["/attention"], rewrites = ["share-heads"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x1x3x4xf32>, tensor<1x1x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_keys_only(%q: tensor<1x2x3x4xf32>, %k: tensor<1x1x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %a1 = engine.reshape %k : tensor<1x1x3x4xf32> -> tensor<1x1x1x3x4xf32>
  %a2 = engine.broadcast %a1 : tensor<1x1x1x3x4xf32> -> tensor<1x1x2x3x4xf32>
  %a = engine.reshape %a2 : tensor<1x1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  %y = engine.attention %q, %a, %v {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_keys_only
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<1x1x3x4xf32> -> tensor<1x1x1x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.broadcast %{{.*}} : tensor<1x1x1x3x4xf32> -> tensor<1x1x2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.reshape %{{.*}} : tensor<1x1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:    }

// -----

// Not heads are repeated, but rows.
func.func @near_miss_rows(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x1x4xf32>, %v: tensor<1x2x1x4xf32>) -> tensor<1x2x3x4xf32> {
  %a = engine.broadcast %k : tensor<1x2x1x4xf32> -> tensor<1x2x3x4xf32>
  %b = engine.broadcast %v : tensor<1x2x1x4xf32> -> tensor<1x2x3x4xf32>
  %y = engine.attention %q, %a, %b {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_rows
// CHECK-NEXT:      %{{.*}} = engine.broadcast %{{.*}} : tensor<1x2x1x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.broadcast %{{.*}} : tensor<1x2x1x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:    }

// -----

// Code is made for how many heads share keys: a size by name does not say it.
func.func @near_miss_heads_by_name(%q: tensor<?x3x4xf32, #engine.sizes<"H * 2">>, %k: tensor<?x3x4xf32, #engine.sizes<"H">>, %v: tensor<?x3x4xf32, #engine.sizes<"H">>) -> tensor<?x3x4xf32, #engine.sizes<"H * 2">> attributes {sizes = #engine.names<H in 1 hint 2>} {
  %a1 = engine.reshape %k : tensor<?x3x4xf32, #engine.sizes<"H">> -> tensor<?x1x3x4xf32, #engine.sizes<"H">>
  %a2 = engine.broadcast %a1 : tensor<?x1x3x4xf32, #engine.sizes<"H">> -> tensor<?x2x3x4xf32, #engine.sizes<"H">>
  %a = engine.reshape %a2 : tensor<?x2x3x4xf32, #engine.sizes<"H">> -> tensor<?x3x4xf32, #engine.sizes<"H * 2">>
  %b1 = engine.reshape %v : tensor<?x3x4xf32, #engine.sizes<"H">> -> tensor<?x1x3x4xf32, #engine.sizes<"H">>
  %b2 = engine.broadcast %b1 : tensor<?x1x3x4xf32, #engine.sizes<"H">> -> tensor<?x2x3x4xf32, #engine.sizes<"H">>
  %b = engine.reshape %b2 : tensor<?x2x3x4xf32, #engine.sizes<"H">> -> tensor<?x3x4xf32, #engine.sizes<"H * 2">>
  %y = engine.attention %q, %a, %b {scale = 5.000000e-01 : f64} : tensor<?x3x4xf32, #engine.sizes<"H * 2">>, tensor<?x3x4xf32, #engine.sizes<"H * 2">>, tensor<?x3x4xf32, #engine.sizes<"H * 2">> -> tensor<?x3x4xf32, #engine.sizes<"H * 2">>
  func.return %y : tensor<?x3x4xf32, #engine.sizes<"H * 2">>
}

// CHECK-LABEL: func.func @near_miss_heads_by_name
// CHECK-COUNT-2:   engine.broadcast
// CHECK:           engine.attention %{{.*}}, %{{.*}}, %{{.*}} {scale
