"""
Where rewrites are known from: each name that `source=` may cite, and what to open.

Paths are those of the project that the name begins with, at its main branch.
"""

from __future__ import annotations

_ORT = "onnxruntime/core/optimizer/"
_OPENVINO = "src/common/transformations/src/transformations/common_optimizations/"

SOURCES = {
    "Halide Simplify_Max": "src/Simplify_Max.cpp",
    "LLVM ConstantFolding": "llvm/lib/Analysis/ConstantFolding.cpp",
    "LLVM InstCombine": "llvm/lib/Transforms/InstCombine/",
    "LLVM InstSimplify": "llvm/lib/Analysis/InstructionSimplify.cpp",
    "MLIR arith": "mlir/lib/Dialect/Arith/IR/ArithOps.cpp, ArithCanonicalization.td",
    "MLIR linalg": "mlir/lib/Dialect/Linalg/IR/LinalgOps.cpp, Transforms/ElementwiseOpFusion.cpp",
    "MLIR tensor": "mlir/lib/Dialect/Tensor/IR/TensorOps.cpp",
    "MNN DynamicQuantMatMulInteger": "tools/converter/source/optimizer/",
    "MNN RemoveDuplicateReshape": (
        "tools/converter/source/optimizer/merge/RemoveDuplicateReshape.cpp"
    ),
    "MNN FuseTfPrelu": "tools/converter/source/optimizer/merge/FuseTfPrelu.cpp",
    "MNN FuseGroupNorm": "tools/converter/source/optimizer/merge/FuseGroupNorm.cpp",
    "MNN FuseLayerNorm": "tools/converter/source/optimizer/merge/FuseLayerNorm.cpp",
    "OpenVINO AdaptivePoolToReduce": f"{_OPENVINO}adaptive_pool_to_reduce.cpp",
    "OpenVINO ConcatReduceFusion": f"{_OPENVINO}concat_reduce_fusion.cpp",
    "OpenVINO ConvToGroupConvFusion": f"{_OPENVINO}convolution_to_group_convolution_fusion.cpp",
    "OpenVINO LinOpSequenceFusion": f"{_OPENVINO}lin_op_sequence_fusion.cpp",
    "OpenVINO MVNFusion": f"{_OPENVINO}mvn_fusion.cpp",
    "OpenVINO MultiplyConvolutionFusion": f"{_OPENVINO}mul_conv_fusion.cpp",
    "OpenVINO NopElimination": f"{_OPENVINO}nop_elimination.cpp",
    "OpenVINO NormalizeL2Fusion": f"{_OPENVINO}normalize_l2_fusion.cpp",
    "OpenVINO ReverseInputChannelsFusion": f"{_OPENVINO}reverse_input_channels_fusion.cpp",
    "OpenVINO PReluFusion": f"{_OPENVINO}prelu_fusion.cpp",
    "OpenVINO SequenceFusion": f"{_OPENVINO}sequence_fusion.cpp",
    "OpenVINO SoftmaxFusion": f"{_OPENVINO}softmax_fusion.cpp",
    "OpenVINO StridesOptimization": f"{_OPENVINO}strides_optimization.cpp",
    "OpenVINO SoftPlusToMishFusion": f"{_OPENVINO}softplus_to_mish_fusion.cpp",
    "OpenVINO ConcatToBroadcast": f"{_OPENVINO}concat_to_broadcast.cpp",
    "TensorFlow batch_normalization": "tensorflow/python/ops/nn_impl.py",
    "TVM FuseOps": "src/relay/transforms/fuse_ops.cc",
    "TVM SimplifyExpr": "src/relay/transforms/simplify_expr.cc",
    "XLA": "xla/hlo/transforms/simplifiers/algebraic_simplifier.cc",
    "flax LayerNorm": "flax/linen/normalization.py",
    "ncnn ShuffleChannel": "src/layer/shufflechannel.cpp",
    "ncnn fuse_batchnorm_scale": "tools/ncnnoptimize.cpp",
    "ncnn eliminate_pooling1x1": "tools/ncnnoptimize.cpp",
    "onnx-mlir Canonicalize": "src/Dialect/ONNX/ONNXOps/Canonicalize.td",
    "onnx-mlir ConstProp": "src/Dialect/ONNX/Transforms/ConstProp.td",
    "onnxoptimizer eliminate_nop_monotone_argmax": (
        "onnxoptimizer/passes/eliminate_nop_monotone_argmax.h"
    ),
    "onnxoptimizer fuse_consecutive_log_softmax": (
        "onnxoptimizer/passes/fuse_consecutive_log_softmax.h"
    ),
    "onnxoptimizer fuse_pad_into_pool": "onnxoptimizer/passes/fuse_pad_into_pool.h",
    "onnx-mlir ReorderReluMaxPool": "src/Dialect/ONNX/Transforms/Rewrite.td",
    "onnxruntime AttentionFusion": f"{_ORT}attention_fusion.cc",
    "onnxruntime CastElimination": f"{_ORT}cast_elimination.cc",
    "onnxruntime ClipQuantFusion": f"{_ORT}qdq_transformer/clip_quantizelinear.cc",
    "onnxruntime ConcatSliceElimination": f"{_ORT}concat_slice_elimination.cc",
    "onnxruntime ComputeOptimizer": f"{_ORT}compute_optimizer/",
    "onnxruntime ConstantFolding": f"{_ORT}constant_folding.cc",
    "onnxruntime ConvActivationFusion": f"{_ORT}conv_activation_fusion.cc",
    "onnxruntime ConvAddFusion": f"{_ORT}conv_add_fusion.cc",
    "onnxruntime ConvBNFusion": f"{_ORT}conv_bn_fusion.cc",
    "onnxruntime ConvMulFusion": f"{_ORT}conv_mul_fusion.cc",
    "onnxruntime DoubleQDQPairsRemover": f"{_ORT}double_qdq_pairs_remover.cc",
    "onnxruntime EliminateIdentity": f"{_ORT}identity_elimination.cc",
    "onnxruntime EliminateSlice": f"{_ORT}slice_elimination.cc",
    "onnxruntime ExpandElimination": f"{_ORT}expand_elimination.cc",
    "onnxruntime GatherBlockQuantized": (
        "onnxruntime/contrib_ops/cpu/quantization/gather_block_quantized.cc"
    ),
    "onnxruntime GatherToSliceFusion": f"{_ORT}gather_fusion.cc",
    "onnxruntime LayerNormFusion": f"{_ORT}layer_norm_fusion.cc",
    "onnxruntime MatMulScaleFusion": f"{_ORT}matmul_scale_fusion.cc",
    "onnxruntime MatmulTransposeFusion": f"{_ORT}matmul_transpose_fusion.cc",
    "onnxruntime PadFusion": f"{_ORT}pad_fusion.cc",
    "onnxruntime RotaryEmbedding": "onnxruntime/contrib_ops/cpu/bert/rotary_embedding.cc",
    "onnxruntime SimplifiedLayerNormFusion": f"{_ORT}layer_norm_fusion.cc",
    "onnxruntime QDQPropagation": f"{_ORT}qdq_transformer/qdq_propagation.cc",
    "onnxruntime QDQSelectorActionTransformer": (
        f"{_ORT}qdq_transformer/selectors_actions/qdq_selector_action_transformer.cc"
    ),
    "onnxruntime TransposeOptimizer": f"{_ORT}transpose_optimization/",
    "torch group_norm": "torch/onnx/symbolic_opset9.py",
    "torch scaled_dot_product_attention": "torch/nn/functional.py",
    "torchvision shufflenetv2": "torchvision/models/shufflenetv2.py",
    "torchvision swin_transformer": "torchvision/models/swin_transformer.py",
    "torchvision densenet": "torchvision/models/densenet.py",
    "transformers modeling_llama": "src/transformers/models/llama/modeling_llama.py",
    "transformers modeling_gpt2": "src/transformers/models/gpt2/modeling_gpt2.py",
    "Ainslie et al., GQA, 2023": "https://arxiv.org/abs/2305.13245",
    "Ba et al., Layer Normalization, 2016": "https://arxiv.org/abs/1607.06450",
    "Dao et al., FlashAttention, 2022": "https://arxiv.org/abs/2205.14135",
    "Dao, FlashAttention-2, 2023": "https://arxiv.org/abs/2307.08691",
    "Ding et al., RepVGG, 2021": "https://arxiv.org/abs/2101.03697",
    "Hu et al., LoRA, 2021": "https://arxiv.org/abs/2106.09685",
    "Misra, Mish, 2019": "https://arxiv.org/abs/1908.08681",
    "Niu et al., DNNFusion, 2021": "https://arxiv.org/abs/2108.13342",
    "Su et al., RoFormer, 2021": "https://arxiv.org/abs/2104.09864",
    "Zhang and Sennrich, RMSNorm, 2019": "https://arxiv.org/abs/1910.07467",
}
"""Citation -> the file of that project, or the address of the paper."""


def unknown_sources(source: str) -> list[str]:
    """The citations of a `source=` that `SOURCES` does not have."""
    return [name for name in source.split("; ") if name not in SOURCES]
