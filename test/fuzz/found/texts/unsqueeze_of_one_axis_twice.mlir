builtin.module {
  func.func @main(%x: tensor<64x2x5x5xf32>) -> tensor<64x64x8x14xf32> attributes {input_names = ["x"], output_names = ["y"]} {
    %w = onnx.Constant dense<[[[[0.06286511, -0.06605243, 0.32021132], [0.052450057, -0.2678347, 0.18079753], [0.652, 0.47354048, -0.35186762]], [[-0.63271075, -0.31163722, 0.02066299], [-1.1625154, -0.10939583, -0.6229555], [-0.3661337, -0.2721295, -0.15815008]]], [[[0.20581527, 0.5212567, -0.06426733], [0.6832317, -0.33259735, 0.17575504], [0.45173508, 0.04700615, -0.37174964]], [[-0.4608627, -0.22886291, 0.110097565], [-0.5048091, -0.104587786, -0.07961251], [0.2704228, 0.10732956, 0.17768635]]], [[[-0.3269143, -0.06480682, 0.39198774], [0.74671555, -0.62953275, 0.7569619], [0.6729377, 0.3906557, 0.13222781]], [[-0.15696141, 0.72901034, 0.9801292], [0.90081745, 0.6575519, 0.17869021], [-0.6041593, -0.0022270666, 0.32823747]]]]> : tensor<3x2x3x3xf32>
    %s = onnx.Constant dense<[0.06286511, -0.06605243, 0.32021132]> : tensor<3xf32>
    %v = onnx.Constant dense<[0.56286514, 0.56605244, 0.8202113]> : tensor<3xf32>
    %scales = onnx.Constant dense<[1.0, 1.0, 2.0, 2.0]> : tensor<4xf32>
    %c = onnx.Conv(%x, %w) {auto_pad = "SAME_UPPER", nodes = ["Conv_0"]} : (tensor<64x2x5x5xf32>, tensor<3x2x3x3xf32>) -> tensor<64x3x5x5xf32>
    %n = onnx.BatchNormalization(%c, %s, %s, %s, %v) {epsilon = 1.0e-05, nodes = ["BatchNormalization_1"]} : (tensor<64x3x5x5xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<64x3x5x5xf32>
    %Pad_Constant_upgrade1 = onnx.Constant dense<[0, 0, 1, 1, 0, 0, 1, 1]> : tensor<8xi64> {nodes = ["Constant_2"]}
    %Pad_Constant_upgrade2 = onnx.Constant dense<0.5> : tensor<f32> {nodes = ["Constant_3"]}
    %p = onnx.Pad(%n, %Pad_Constant_upgrade1, %Pad_Constant_upgrade2) {mode = "constant", nodes = ["Pad_4"]} : (tensor<64x3x5x5xf32>, tensor<8xi64>, tensor<f32>) -> tensor<64x3x7x7xf32>
    %Slice_Constant_upgrade3 = onnx.Constant dense<1> : tensor<64xi64> {nodes = ["Constant_5"]}
    %Slice_Constant_upgrade4 = onnx.Constant dense<5> : tensor<64xi64> {nodes = ["Constant_6"]}
    %Slice_Constant_upgrade5 = onnx.Constant dense<2> : tensor<64xi64> {nodes = ["Constant_7"]}
    %t = onnx.Slice(%p, %Slice_Constant_upgrade3, %Slice_Constant_upgrade4, %Slice_Constant_upgrade5) {nodes = ["Slice_8"]} : (tensor<64x3x7x7xf32>, tensor<64xi64>, tensor<64xi64>, tensor<64xi64>) -> tensor<64x3x4x7xf32>
    %Unsqueeze_Constant_upgrade6 = onnx.Constant dense<0> : tensor<64xi64> {nodes = ["Constant_9"]}
    %u = onnx.Unsqueeze(%t, %Unsqueeze_Constant_upgrade6) {nodes = ["Unsqueeze_10"]} : (tensor<64x3x4x7xf32>, tensor<64xi64>) -> tensor<64x64x3x4x7xf32>
    %ReduceSum_Constant_upgrade7 = onnx.Constant dense<2> : tensor<64xi64> {nodes = ["Constant_11"]}
    %r = onnx.ReduceSum(%u, %ReduceSum_Constant_upgrade7) {keepdims = 0, nodes = ["ReduceSum_12"]} : (tensor<64x64x3x4x7xf32>, tensor<64xi64>) -> tensor<64x64x4x7xf32>
    %Clip_Constant_upgrade8 = onnx.Constant dense<-1.0> : tensor<f32> {nodes = ["Constant_13"]}
    %Clip_Constant_upgrade9 = onnx.Constant dense<1.0> : tensor<f32> {nodes = ["Constant_14"]}
    %k = onnx.Clip(%r, %Clip_Constant_upgrade8, %Clip_Constant_upgrade9) {nodes = ["Clip_15"]} : (tensor<64x64x4x7xf32>, tensor<f32>, tensor<f32>) -> tensor<64x64x4x7xf32>
    %z = onnx.Resize(%k, none, %scales) {coordinate_transformation_mode = "asymmetric", mode = "nearest", nearest_mode = "floor", nodes = ["Resize_16"]} : (tensor<64x64x4x7xf32>, none, tensor<4xf32>) -> tensor<64x64x8x14xf32>
    %Dropout_Constant_upgrade10 = onnx.Constant dense<0.5> : tensor<f32> {nodes = ["Constant_17"]}
    %y = onnx.Dropout(%z, %Dropout_Constant_upgrade10) {nodes = ["Dropout_18"]} : (tensor<64x64x8x14xf32>, tensor<f32>) -> tensor<64x64x8x14xf32>
    func.return %y : tensor<64x64x8x14xf32>
  }
}
