builtin.module {
  func.func @main(%a: vector<4xf32>) -> vector<2xf32> {
    %0 = vector.shuffle %a, %a [18446744073709551616, 1] : vector<4xf32>, vector<4xf32>
    func.return %0 : vector<2xf32>
  }
}
