// A program with an open size on its way down the levels: the same numbers with the sizes that its
// inputs are drawn with, and bound at any level.

// RUN: opt-tool %s --run | filecheck %s
// RUN: opt-tool %s -p plan-memory --check-numerics --run | filecheck %s
// RUN: opt-tool %s -p 'plan-memory,check-memory-plan,bind-sizes{sizes=S=2}' --run | filecheck %s
// RUN: opt-tool %s -p 'bind-sizes{sizes=S=2},plan-memory,check-memory-plan' --run | filecheck %s
// RUN: opt-tool %s -p plan-memory | opt-tool - --run | filecheck %s
// RUN: opt-tool %s -p plan-memory,check-memory-plan | filecheck %s --check-prefix PLAN

// PLAN: plan = #engine.plan<0 : "S * 16" above [], 1 : "S * S * 4" above [0]>

// CHECK:      sum: float32[4, 4]
// CHECK-NEXT: {{\[\[0.08181839 0.09685354 0.22939427 0.14870074\]}}
// CHECK-NEXT: {{ \[0.16913114 0.20346718 0.48314905 0.314026  \]}}
func.func @main(%x: tensor<?x4xf32, #engine.sizes<"S">>) -> tensor<?x4xf32, #engine.sizes<"S * 2">>
    attributes {input_names = ["x"], output_names = ["sum"], sizes = #engine.names<S in 1 hint 2>} {
  %a = engine.softmax %x {axis = 1 : i64} : tensor<?x4xf32, #engine.sizes<"S">> -> tensor<?x4xf32, #engine.sizes<"S">>
  %b = engine.scan %a {kind = "sum", axis = 0 : i64} : tensor<?x4xf32, #engine.sizes<"S">> -> tensor<?x4xf32, #engine.sizes<"S">>
  %c = engine.matmul %b, %a {trans_rhs} : tensor<?x4xf32, #engine.sizes<"S">>, tensor<?x4xf32, #engine.sizes<"S">> -> tensor<?x?xf32, #engine.sizes<"S", "S">>
  %d = engine.matmul %c, %a : tensor<?x?xf32, #engine.sizes<"S", "S">>, tensor<?x4xf32, #engine.sizes<"S">> -> tensor<?x4xf32, #engine.sizes<"S">>
  %sum = engine.concat %d, %b {axis = 0 : i64} : tensor<?x4xf32, #engine.sizes<"S">>, tensor<?x4xf32, #engine.sizes<"S">> -> tensor<?x4xf32, #engine.sizes<"S * 2">>
  func.return %sum : tensor<?x4xf32, #engine.sizes<"S * 2">>
}
