// RUN: opt-tool %s | filecheck %s
// RUN: opt-tool %s | opt-tool | filecheck %s
// RUN: opt-tool -p 'bind-sizes{sizes=N=1}' %s | filecheck %s --check-prefix=ONE
// RUN: opt-tool -p 'bind-sizes{sizes=N=4}' %s | filecheck %s --check-prefix=FOUR

// Two sizes that are equal, or one of them 1: it holds for any M once N is 1.

// CHECK: relations = [#engine.broadcast_relation<"N", "M * 2", "/Add">, #engine.relation<"M", "N", "/Concat">]
// ONE:   relations = [#engine.relation<"M", 1, "/Concat">]
// FOUR:  relations = [#engine.broadcast_relation<4, "M * 2", "/Add">, #engine.relation<"M", 4, "/Concat">]
func.func @main() attributes {
  sizes = #engine.names<N in 0, M in 0>,
  relations = [#engine.broadcast_relation<"N", "2 * M", "/Add">, #engine.relation<"M", "N", "/Concat">]
} {
  func.return
}
