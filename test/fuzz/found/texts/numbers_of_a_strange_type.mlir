    %depth = onnx.Constant dense<9> : tensor<complex<f32>>
