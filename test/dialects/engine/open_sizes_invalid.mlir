// RUN: opt-tool %s --split-input-file --verify-diagnostics

// Sizes by name that differ whatever the names stand for.

func.func @f(%x: tensor<?x4xf32, #engine.sizes<"N">>) {
  // expected-error@below {{'engine.scan' result has shape [N + 1, 4], operands and attributes give [N, 4]}}
  %0 = engine.scan %x {kind = "sum", axis = 0 : i64} : tensor<?x4xf32, #engine.sizes<"N">> -> tensor<?x4xf32, #engine.sizes<"N + 1">>
  func.return
}

// -----

func.func @f(%x: tensor<?x?xf32, #engine.sizes<"N", "min(S, 2)">>) {
  // expected-error@below {{'engine.top_k' takes 3 of min(2, S) elements}}
  %0 = engine.top_k %x {axis = 1 : i64, count = 3 : i64} : tensor<?x?xf32, #engine.sizes<"N", "min(S, 2)">> -> tensor<?x3xi64, #engine.sizes<"N">>
  func.return
}

// -----

func.func @f(%x: tensor<?x?xf32, #engine.sizes<"N", "C * 2 + 1">>) {
  // expected-error@below {{'engine.shuffle' cannot part C * 2 + 1 channels in 2 groups}}
  %0 = engine.shuffle %x {groups = 2 : i64} : tensor<?x?xf32, #engine.sizes<"N", "C * 2 + 1">> -> tensor<?x?xf32, #engine.sizes<"N", "C * 2 + 1">>
  func.return
}

// -----

func.func @f(%g: tensor<?x?x8xf32, #engine.sizes<"T", "N">>, %r: tensor<8x8xf32>, %h: tensor<?x8xf32, #engine.sizes<"N + 1">>) {
  // expected-error@below {{'engine.recurrence' state [N + 1, 8], expected [N, 8]}}
  %ys, %h1 = engine.recurrence %g, %r init(%h : tensor<?x8xf32, #engine.sizes<"N + 1">>) : tensor<?x?x8xf32, #engine.sizes<"T", "N">>, tensor<8x8xf32> -> tensor<?x?x8xf32, #engine.sizes<"T", "N">>, tensor<?x8xf32, #engine.sizes<"N">> {
  ^bb0(%x: f32, %y: f32, %s: f32):
    %0 = arith.addf %x, %y : f32
    engine.yield %0 : f32
  }
  func.return
}
