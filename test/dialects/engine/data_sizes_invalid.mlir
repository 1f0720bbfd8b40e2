// RUN: opt-tool %s --split-input-file --verify-diagnostics

// What operations that find sizes check.

func.func @scalar(%x: tensor<f32>) attributes {sizes = #engine.names<K in 0 data>} {
  // expected-error@below {{'engine.nonzero' takes no scalar: it has no position}}
  %rows, %count = engine.nonzero %x {defines = ["K"]} : tensor<f32> -> tensor<?x0xi64, #engine.sizes<"K">>, tensor<1xi64>
  func.return
}

// -----

func.func @names(%x: tensor<4xf32>) attributes {sizes = #engine.names<K in 0 data, L in 0 data>} {
  // expected-error@below {{'engine.nonzero' defines 2 names, expected 1}}
  %rows, %count = engine.nonzero %x {defines = ["K", "L"]} : tensor<4xf32> -> tensor<?x1xi64, #engine.sizes<"K">>, tensor<2xi64>
  func.return
}

// -----

func.func @nothing_counted(%x: tensor<4xf32>) attributes {sizes = #engine.names<K in 0 data>} {
  // expected-error@below {{'engine.nonzero' has 1 results, expected 2}}
  %rows = engine.nonzero %x {defines = ["K"]} : tensor<4xf32> -> tensor<?x1xi64, #engine.sizes<"K">>
  func.return
}

// -----

func.func @condition(%x: tensor<4xf32>, %c: tensor<4xf32>) attributes {sizes = #engine.names<K in 0 data>} {
  // expected-error@below {{'engine.compress' has the condition tensor<4xf32>, expected a row of i1}}
  %y, %count = engine.compress %x, %c {axis = 0 : i64, defines = ["K"]} : tensor<4xf32>, tensor<4xf32> -> tensor<?xf32, #engine.sizes<"K">>, tensor<1xi64>
  func.return
}

// -----

func.func @long(%x: tensor<4xf32>, %c: tensor<5xi1>) attributes {sizes = #engine.names<K in 0 data>} {
  // expected-error@below {{'engine.compress' has a condition for 5 slices, the operand has 4}}
  %y, %count = engine.compress %x, %c {axis = 0 : i64, defines = ["K"]} : tensor<4xf32>, tensor<5xi1> -> tensor<?xf32, #engine.sizes<"K">>, tensor<1xi64>
  func.return
}

// -----

func.func @axis(%x: tensor<4xf32>, %c: tensor<4xi1>) attributes {sizes = #engine.names<K in 0 data>} {
  // expected-error@below {{'engine.compress' axes [1] must be distinct and within 0..0}}
  %y, %count = engine.compress %x, %c {axis = 1 : i64, defines = ["K"]} : tensor<4xf32>, tensor<4xi1> -> tensor<?xf32, #engine.sizes<"K">>, tensor<1xi64>
  func.return
}

// -----

func.func @not_whole(%x: tensor<1xf32>) attributes {sizes = #engine.names<K in 0 data>} {
  // expected-error@below {{'engine.as_size' takes tensor<1xf32>, expected an i64 for each of 1 names}}
  %n = engine.as_size %x {at_most = array<i64: 7>, defines = ["K"]} : tensor<1xf32> -> tensor<1xi64>
  func.return
}

// -----

func.func @negative(%x: tensor<1xi64>) attributes {sizes = #engine.names<K in 0 data>} {
  // expected-error@below {{'engine.as_size' has the negative bound -7}}
  %n = engine.as_size %x {at_most = array<i64: -7>, defines = ["K"]} : tensor<1xi64> -> tensor<1xi64>
  func.return
}

// -----

func.func @unknown(%x: tensor<1xi64>) attributes {sizes = #engine.names<K in 0>} {
  // expected-error@below {{'engine.as_size' defines 'K', which its function does not list among its sizes as one that the data decides}}
  %n = engine.as_size %x {at_most = array<i64: 7>, defines = ["K"]} : tensor<1xi64> -> tensor<1xi64>
  func.return
}

// -----

func.func @twice(%x: tensor<1xi64>) attributes {sizes = #engine.names<K in 0 data>} {
  %n = engine.as_size %x {at_most = array<i64: 7>, defines = ["K"]} : tensor<1xi64> -> tensor<1xi64>
  // expected-error@below {{'engine.as_size' defines 'K', which another one defines before it}}
  %m = engine.as_size %x {at_most = array<i64: 7>, defines = ["K"]} : tensor<1xi64> -> tensor<1xi64>
  func.return
}

// -----

func.func @same(%x: tensor<2xi64>) attributes {sizes = #engine.names<K in 0 data>} {
  // expected-error@below {{'engine.as_size' defines [K, K], expected 1 to 256 different names}}
  %n = engine.as_size %x {at_most = array<i64: 7, 7>, defines = ["K", "K"]} : tensor<2xi64> -> tensor<2xi64>
  func.return
}

// -----

func.func @early(%x: tensor<1xi64>) attributes {sizes = #engine.names<K in 0 data>} {
  // expected-error@below {{'engine.iota' has a size 'K', which the data decides and no operation before it in its region defines}}
  %y = engine.iota : tensor<?xi64, #engine.sizes<"K">>
  %n = engine.as_size %x {at_most = array<i64: 7>, defines = ["K"]} : tensor<1xi64> -> tensor<1xi64>
  func.return
}

// -----

func.func @argument(%x: tensor<?xi64, #engine.sizes<"K">>) -> tensor<?xi64, #engine.sizes<"K">> attributes {sizes = #engine.names<K in 0 data>} {
  // expected-error@below {{'func.return' has a size 'K', which the data decides and no operation before it in its region defines}}
  func.return %x : tensor<?xi64, #engine.sizes<"K">>
}

// -----

func.func @outside(%x: tensor<1xi64>, %c: tensor<i1>) -> tensor<1xi64> attributes {sizes = #engine.names<K in 0 data>} {
  %r = engine.if %c : tensor<i1> -> tensor<1xi64> {
    %n = engine.as_size %x {at_most = array<i64: 7>, defines = ["K"]} : tensor<1xi64> -> tensor<1xi64>
    engine.yield %n : tensor<1xi64>
  } else {
    engine.yield %x : tensor<1xi64>
  }
  // expected-error@below {{'engine.size_values' has a size 'K', which the data decides and no operation before it in its region defines}}
  %s = engine.size_values {sizes = #engine.extents<["K"]>} : tensor<1xi64>
  func.return %s : tensor<1xi64>
}

// -----

func.func @boxes(%b: tensor<1x9x5xf32>, %s: tensor<1x2x9xf32>, %n: tensor<i64>, %o: tensor<f32>) attributes {sizes = #engine.names<K in 0 data>} {
  // expected-error@below {{'engine.suppress' has boxes [1, 9, 5] and scores [1, 2, 9], expected [images, n, 4] and [images, classes, n]}}
  %rows, %order, %corners, %count = engine.suppress boxes(%b : tensor<1x9x5xf32>) scores(%s : tensor<1x2x9xf32>) limit(%n : tensor<i64>) overlap(%o : tensor<f32>) least(%o : tensor<f32>) {at_most = array<i64: 4>, defines = ["K"]} -> tensor<?x3xi64, #engine.sizes<"K">>, tensor<9xi64>, tensor<5x4xf32>, tensor<1xi64>
  func.return
}

// -----

func.func @limit(%b: tensor<1x9x4xf32>, %s: tensor<1x2x9xf32>, %n: tensor<1xi64>, %o: tensor<f32>) attributes {sizes = #engine.names<K in 0 data>} {
  // expected-error@below {{'engine.suppress' takes tensor<1xi64>, expected a scalar}}
  %rows, %order, %corners, %count = engine.suppress boxes(%b : tensor<1x9x4xf32>) scores(%s : tensor<1x2x9xf32>) limit(%n : tensor<1xi64>) overlap(%o : tensor<f32>) least(%o : tensor<f32>) {at_most = array<i64: 4>, defines = ["K"]} -> tensor<?x3xi64, #engine.sizes<"K">>, tensor<9xi64>, tensor<5x4xf32>, tensor<1xi64>
  func.return
}

// -----

func.func @count(%x: tensor<4x5xf32>) attributes {sizes = #engine.names<K in 0 data>} {
  // expected-error@below {{'engine.nonzero' leaves its numbers in tensor<1xi64, #engine.layout<"A4a">>, expected them side by side}}
  %rows, %count = engine.nonzero %x {defines = ["K"]} : tensor<4x5xf32> -> tensor<?x2xi64, #engine.sizes<"K">>, tensor<1xi64, #engine.layout<"A4a">>
  func.return
}
