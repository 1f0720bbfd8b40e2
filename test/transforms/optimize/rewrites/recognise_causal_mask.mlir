// RUN: opt-tool %s --split-input-file -p 'optimize{only=recognise-causal-mask exactness=rounding}' --check-numerics | filecheck %s

// A triangle of numbers that hide: causal attention.

func.func @triangle(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %m = engine.constant dense<[[[[0.0, -3.40282347E+38, -3.40282347E+38], [0.0, 0.0, -3.40282347E+38], [0.0, 0.0, 0.0]]]]> : tensor<1x1x3x3xf32> -> tensor<1x1x3x3xf32>
  %y = engine.attention %q, %k, %v mask(%m : tensor<1x1x3x3xf32>) {nodes = ["/attention"], scale = 5.000000e-01 : f64, choosing, clears_nan} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @triangle
// CHECK-NEXT:      %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} {nodes = ["/attention"], rewrites = ["recognise-causal-mask"], scale = 5.000000e-01 : f64, causal, choosing, clears_nan} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @past_keys(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x5x4xf32>, %v: tensor<1x2x5x4xf32>) -> tensor<1x2x3x4xf32> {
  %m = engine.constant dense<[[[[0.0, 0.0, 0.0, -3.40282347E+38, -3.40282347E+38], [0.0, 0.0, 0.0, 0.0, -3.40282347E+38], [0.0, 0.0, 0.0, 0.0, 0.0]]]]> : tensor<1x1x3x5xf32> -> tensor<1x1x3x5xf32>
  %y = engine.attention %q, %k, %v mask(%m : tensor<1x1x3x5xf32>) {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @past_keys
// CHECK-NEXT:      %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} {nodes = ["/attention"], rewrites = ["recognise-causal-mask"], scale = 5.000000e-01 : f64, causal} : tensor<1x2x3x4xf32>, tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_no_past(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x5x4xf32>, %v: tensor<1x2x5x4xf32>) -> tensor<1x2x3x4xf32> {
  %m = engine.constant dense<[[[[0.0, -3.40282347E+38, -3.40282347E+38, -3.40282347E+38, -3.40282347E+38], [0.0, 0.0, -3.40282347E+38, -3.40282347E+38, -3.40282347E+38], [0.0, 0.0, 0.0, -3.40282347E+38, -3.40282347E+38]]]]> : tensor<1x1x3x5xf32> -> tensor<1x1x3x5xf32>
  %y = engine.attention %q, %k, %v mask(%m : tensor<1x1x3x5xf32>) {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_no_past
// CHECK-NEXT:      %{{.*}} = engine.constant dense<{{\[\[\[\[}}0.000000e+00, -3.40282347e+38, -3.40282347e+38, -3.40282347e+38, -3.40282347e+38], [0.000000e+00, 0.000000e+00, -3.40282347e+38, -3.40282347e+38, -3.40282347e+38], [0.000000e+00, 0.000000e+00, 0.000000e+00, -3.40282347e+38, -3.40282347e+38{{\]\]\]\]}}> : tensor<1x1x3x5xf32> -> tensor<1x1x3x5xf32>
// CHECK-NEXT:      %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} mask(%{{.*}} : tensor<1x1x3x5xf32>) {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_strictly_lower(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %m = engine.constant dense<[[[[-3.40282347E+38, -3.40282347E+38, -3.40282347E+38], [0.0, -3.40282347E+38, -3.40282347E+38], [0.0, 0.0, -3.40282347E+38]]]]> : tensor<1x1x3x3xf32> -> tensor<1x1x3x3xf32>
  %y = engine.attention %q, %k, %v mask(%m : tensor<1x1x3x3xf32>) {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_strictly_lower
// CHECK-NEXT:      %{{.*}} = engine.constant dense<{{\[\[\[\[}}-3.40282347e+38, -3.40282347e+38, -3.40282347e+38], [0.000000e+00, -3.40282347e+38, -3.40282347e+38], [0.000000e+00, 0.000000e+00, -3.40282347e+38{{\]\]\]\]}}> : tensor<1x1x3x3xf32> -> tensor<1x1x3x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} mask(%{{.*}} : tensor<1x1x3x3xf32>) {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_not_hidden(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %m = engine.constant dense<[[[[0.0, -1.0e4, -1.0e4], [0.0, 0.0, -1.0e4], [0.0, 0.0, 0.0]]]]> : tensor<1x1x3x3xf32> -> tensor<1x1x3x3xf32>
  %y = engine.attention %q, %k, %v mask(%m : tensor<1x1x3x3xf32>) {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_not_hidden
// CHECK-NEXT:      %{{.*}} = engine.constant dense<{{\[\[\[\[}}0.000000e+00, -1.000000e+04, -1.000000e+04], [0.000000e+00, 0.000000e+00, -1.000000e+04], [0.000000e+00, 0.000000e+00, 0.000000e+00{{\]\]\]\]}}> : tensor<1x1x3x3xf32> -> tensor<1x1x3x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} mask(%{{.*}} : tensor<1x1x3x3xf32>) {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_bias_below(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %m = engine.constant dense<[[[[0.0, -3.40282347E+38, -3.40282347E+38], [0.0, 0.0, -3.40282347E+38], [0.0, -1.0, 0.0]]]]> : tensor<1x1x3x3xf32> -> tensor<1x1x3x3xf32>
  %y = engine.attention %q, %k, %v mask(%m : tensor<1x1x3x3xf32>) {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_bias_below
// CHECK-NEXT:      %{{.*}} = engine.constant dense<{{\[\[\[\[}}0.000000e+00, -3.40282347e+38, -3.40282347e+38], [0.000000e+00, 0.000000e+00, -3.40282347e+38], [0.000000e+00, -1.000000e+00, 0.000000e+00{{\]\]\]\]}}> : tensor<1x1x3x3xf32> -> tensor<1x1x3x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} mask(%{{.*}} : tensor<1x1x3x3xf32>) {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_one_row_of_numbers(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %m = engine.constant dense<[[[[0.0, 0.0, -3.40282347E+38]]]]> : tensor<1x1x1x3xf32> -> tensor<1x1x1x3xf32>
  %y = engine.attention %q, %k, %v mask(%m : tensor<1x1x1x3xf32>) {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_one_row_of_numbers
// CHECK-NEXT:      %{{.*}} = engine.constant dense<{{\[\[\[\[}}0.000000e+00, 0.000000e+00, -3.40282347e+38{{\]\]\]\]}}> : tensor<1x1x1x3xf32> -> tensor<1x1x1x3xf32>
// CHECK-NEXT:      %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} mask(%{{.*}} : tensor<1x1x1x3xf32>) {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:    }

// -----

func.func @near_miss_computed(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x4xf32>, %v: tensor<1x2x3x4xf32>, %m: tensor<1x1x3x3xf32>) -> tensor<1x2x3x4xf32> {
  %y = engine.attention %q, %k, %v mask(%m : tensor<1x1x3x3xf32>) {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  func.return %y : tensor<1x2x3x4xf32>
}

// CHECK-LABEL: func.func @near_miss_computed
// CHECK-NEXT:      %{{.*}} = engine.attention %{{.*}}, %{{.*}}, %{{.*}} mask(%{{.*}} : tensor<1x1x3x3xf32>) {nodes = ["/attention"], scale = 5.000000e-01 : f64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
// CHECK-NEXT:      func.return %{{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT:    }
