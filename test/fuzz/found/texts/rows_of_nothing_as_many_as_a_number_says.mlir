builtin.module {
  func.func @main(%x: tensor<?x0xf32, #engine.sizes<"N">>, %k: tensor<1xi64>) -> tensor<?x0xf32, #engine.sizes<"K">> attributes {sizes = #engine.names<N in 2 hint 2, K in 0 to 2147483647 hint 128 data>} {
    %count = engine.as_size %k {defines = ["K"], at_most = array<i64: 2147483647>} : tensor<1xi64> -> tensor<1xi64>
    %i = engine.iota : tensor<?xi64, #engine.sizes<"K">>
    %g = engine.gather %x, %i {axis = 0 : i64} : tensor<?x0xf32, #engine.sizes<"N">>, tensor<?xi64, #engine.sizes<"K">> -> tensor<?x0xf32, #engine.sizes<"K">>
    %y = engine.scan %g {axis = 0 : i64, kind = "sum"} : tensor<?x0xf32, #engine.sizes<"K">> -> tensor<?x0xf32, #engine.sizes<"K">>
    func.return %y : tensor<?x0xf32, #engine.sizes<"K">>
  }
}
