"""
Writes `dialects/torch/signatures.json`: the signatures of PyTorch's operators that a trained model
has.

Run by hand where torch is installed, when a new version of it is to be read:

    python tools/schemas/torch_signatures.py dialects/torch/signatures.json

A signature is the text that torch itself prints for a registered schema, without the operator's
name; nothing else is taken. In-place operators, those that write into an argument, gradients,
training losses and what belongs to other devices or to sparse tensors are left out. One that is
not in the table cannot be read from a model.
"""

from __future__ import annotations

import json
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

torch: Any = import_module("torch")
torchvision: Any = import_module("torchvision")
import_module("torch.ao.quantization.fx._decomposed")  # registers its operators

NAMESPACES = ("aten::", "quantized_decomposed::", "torchvision::")

PRIVATE = frozenset(
    (
        *(
            "_softmax",
            "_log_softmax",
            "_safe_softmax",
            "_to_copy",
            "_unsafe_view",
            "_reshape_alias",
        ),
        *("_native_batch_norm_legit", "_native_batch_norm_legit_no_training"),
        *("_batch_norm_impl_index", "_batch_norm_no_update", "_convolution", "_embedding_bag"),
        *("_embedding_bag_forward_only", "_adaptive_avg_pool2d", "_adaptive_avg_pool3d"),
        *("_unsafe_index", "_unsafe_masked_index", "_local_scalar_dense", "_cdist_forward"),
        *("_pdist_forward", "_fft_r2c", "_fft_c2r", "_fft_c2c", "_prelu_kernel", "_weight_norm"),
        *("_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa", "_upsample_nearest_exact1d"),
        *("_upsample_nearest_exact2d", "_upsample_nearest_exact3d", "_unique2", "_trilinear"),
        *("_int_mm", "_assert_async", "_assert_scalar", "_assert_tensor_metadata", "_aminmax"),
        *("_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_attention_math"),
        *("_native_multi_head_attention", "_transformer_encoder_layer_fwd", "_stack", "_pad_enum"),
        *("_pad_circular", "_addmm_activation", "_conj", "_cumsum", "_cumprod", "_logcumsumexp"),
        *("_chunk_cat", "_log_softmax", "_dim_arange", "_shape_as_tensor", "_is_all_true"),
        *("_is_any_true", "_functional_sym_constrain_range", "_euclidean_dist", "_masked_softmax"),
        *("_grid_sampler_2d_cpu_fallback", "_fused_rms_norm", "_addmm_activation"),
        *("lift_fresh_copy", "index_copy", "histc", "log_normal_functional"),
    )
)
"""Operators that programs after decomposition have although their names begin with `_`."""

RANDOM = frozenset(
    (
        *("rand", "randn", "randint", "rand_like", "randn_like", "randint_like", "randperm"),
        *("bernoulli", "multinomial", "normal_functional", "uniform", "dropout", "feature_dropout"),
        *("alpha_dropout", "feature_alpha_dropout", "native_dropout", "exponential", "rrelu"),
    )
)

SYMBOLIC = frozenset(
    (
        *("sym_size", "sym_numel", "sym_stride", "sym_storage_offset", "sym_is_contiguous"),
        *("sym_constrain_range", "sym_constrain_range_for_size"),
    )
)

LEFT_OUT = re.compile(
    r"""
      backward | ^_ | (?<!index)_copy$ | cudnn | miopen | mkldnn | mkl | sparse | nested | fbgemm
    | nnpack | foreach | fused | quantized | qint | qscheme | q_ | jagged | _for_ | loss$
    | divergence
    | ^rand | bernoulli | multinomial | normal$ | poisson | binomial | dropout | cauchy | geometric
    | exponential | ^uniform | rrelu | histogram | histc | validate | linalg_ | cholesky | geqrf
    | ^lu | orgqr | ormqr | svd | ^qr | ^inverse | pinverse | logdet | slogdet | ^det$
    | ^eig | symeig | matrix_exp | triangular_solve | lstsq | polynomial | airy | bessel
    | batch_norm_(elemt|gather|stats|update|backward) | slow_conv | conv_depthwise | conv_tbc
    | thnn | ctc | kl_div | binary_cross | ^is_ | autocast | ^get_ | ^set | grad | from_file
    | pin_memory | can_cast | promote | result_type | result$ | resize | ^sym_ | coalesce
    | ^(ccol|crow|col|row|tril|triu)_ind | ^indices$ | ^sspaddmm | ^smm | hspmm
    | ^cuda | ^cpu | data$ | names | seed | save | warn
    | choose_qparams | fake_quantize | int_repr | dequantize | ^quantize_ | hash | renorm
    | _(with|cachemask)$ | output_nr | storage | element_size | record_stream | dense_dim
    | ^to_(dense|mkldnn|padded) | _loss | _jvp$
    | ^(un)?flatten_dense | ^Complex | ^sorted$ | ^count$ | rename | align
    | refine | ^values$ | segment_reduce | ^special_(bess|
      hermite|chebyshev|laguerre|legendre|shifted|scaled|modified|spherical|airy|gamma|i[01]|ndtri|
      zeta|psi|polygamma|digamma|erfcx|entr|multigammaln)
    """,
    re.VERBOSE,
)
"""Names of operators that are no part of running a trained model on a CPU."""

FOREIGN = re.compile(
    r"Dict\(|Storage|RRef|Future|Any\b|Stream|\bt\b|\bt\[|__torch__|Dimname|AnyEnum|Device\b(?!\?)"
    r"|\.\.\.|-> \(?(str|Device|QScheme|complex)|str\[\]|\bcomplex [a-z]|\bt1\b|tVal"
    r"|Tensor\[\] [ab],"
)
"""Types that no tensor program has."""

OUT = re.compile(
    r"(^|_)out$|generator|^a$|^list_|^prim_|^deprecated$|_scalar$(?<!self_scalar)(?<!other_scalar)"
)
"""Overloads that write into an argument, or that differ by nothing that is kept."""

LINALG = frozenset(
    f"linalg_{name}"
    for name in (*("vector_norm", "norm", "cross", "vecdot", "matmul", "multi_dot", "diagonal"),)
)
QUANTISED = frozenset(
    f"{kind}_{scope}"
    for kind in ("quantize", "dequantize")
    for scope in ("per_tensor", "per_channel", "per_token")
)

VISION = frozenset(("nms", "roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool", "deform_conv2d"))


def is_kept(schema: Any) -> bool:
    """Whether the table has an operator."""
    namespace, name = schema.name.split("::")
    if any(a.alias_info is not None and a.alias_info.is_write for a in schema.arguments):
        return False
    if FOREIGN.search(signature(schema)) or OUT.search(schema.overload_name):
        return False
    if namespace == "torchvision":
        return name in VISION and schema.overload_name == ""
    if namespace == "quantized_decomposed":
        return name in QUANTISED and schema.overload_name in ("", "tensor")
    if name in PRIVATE | RANDOM | SYMBOLIC | LINALG:
        return True
    has_tensors = any("Tensor" in str(a.type) for a in (*schema.arguments, *schema.returns))
    is_math = namespace == "aten" and has_tensors and not LEFT_OUT.search(name)
    return is_math and bool(schema.returns)


def signature(schema: Any) -> str:
    """The text behind the operator's name."""
    text = str(schema)
    text = text[text.index("(") :]
    return re.sub(r"\([a-z](\|[a-z])*( -> \*)?\)", "", text)


def table() -> dict[str, str]:
    """Signatures by operator, as `aten.conv2d.default`."""
    found: dict[str, str] = {}
    for schema in torch._C._jit_get_all_schemas():
        if not schema.name.startswith(NAMESPACES) or not is_kept(schema):
            continue
        name = schema.name.replace("::", ".")
        found[f"{name}.{schema.overload_name or 'default'}"] = signature(schema)
    return dict(sorted(found.items()))


def main() -> None:
    """Write the table to the file named on the command line."""
    head = {
        "source": "torch._C._jit_get_all_schemas()",
        "version": torch.__version__.partition("+")[0],
        "torchvision": torchvision.__version__.partition("+")[0],
        "random": sorted(RANDOM),
    }
    text = json.dumps({**head, "operators": table()}, indent=1)
    Path(sys.argv[1]).write_text(text + "\n")


if __name__ == "__main__":
    main()
