"""Cases of gathers, scatters, choices, orders and reductions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from flatbuffers import flexbuffers

from .tfl_case import RNG, Case, Options, const, integers, normal, out, q, single


def selection() -> Iterator[Case]:
    """Gathers, scatters, choices, orders, segments, reductions."""
    given: Options
    x = normal(4, 3, 5)
    yield Case(
        "GATHER",
        single("GATHER", {"params": x, "indices": np.array([[2, 0], [1, 1]], np.int32)}, axis=1),
    )
    yield Case(
        "GATHER batch",
        single(
            "GATHER",
            {"params": x, "indices": integers(0, 4, 4, 2, dtype="int32")},
            axis=2,
            batch_dims=1,
        ),
    )
    yield Case(
        "GATHER_ND",
        single("GATHER_ND", {"params": x, "indices": np.array([[0, 2], [3, 1]], np.int32)}),
    )
    scatter = {
        "indices": np.array([[0], [2], [0]], np.int32),
        "updates": normal(3, 2),
        "shape": const([4, 2], "int32"),
    }
    yield Case("SCATTER_ND", single("SCATTER_ND", scatter))
    yield Case(
        "EMBEDDING_LOOKUP",
        single(
            "EMBEDDING_LOOKUP",
            {"lookup": np.array([2, 0, 1], np.int32), "value": const(normal(4, 3))},
        ),
    )
    yield Case(
        "SELECT",
        single("SELECT", {"condition": normal(4) > 0, "x": normal(4, 3), "y": normal(4, 3)}),
    )
    yield Case(
        "SELECT_V2",
        single("SELECT_V2", {"condition": normal(3, 1) > 0, "x": normal(3, 4), "y": normal(4)}),
    )
    hot = {
        "indices": np.array([1, 3, -1], np.int32),
        "depth": const(np.int32(4)),
        "on_value": const(np.float32(2)),
        "off_value": const(np.float32(-1)),
    }
    yield Case("ONE_HOT", single("ONE_HOT", hot, axis=-1))
    yield Case("ONE_HOT 0", single("ONE_HOT", hot, axis=0))
    yield Case(
        "TOPK_V2",
        single(
            "TOPK_V2",
            {"input": np.round(normal(3, 9)), "k": const(np.int32(4))},
            [out("float32"), out("int32")],
        ),
    )
    for name in ("ARG_MAX", "ARG_MIN"):
        yield Case(
            name,
            single(
                name,
                {"input": np.round(normal(3, 9)), "axis": const(np.int32(-1))},
                [out("int32")],
                output_type="INT32",
            ),
        )
        yield Case(
            f"{name} int64",
            single(
                name,
                {"input": normal(3, 9), "axis": const(np.int32(0))},
                [out("int64")],
                output_type="INT64",
            ),
        )
    for exclusive in (False, True):
        for reverse in (False, True):
            yield Case(
                f"CUMSUM {exclusive} {reverse}",
                single(
                    "CUMSUM",
                    {"input": normal(2, 6), "axis": const(np.int32(1))},
                    exclusive=exclusive,
                    reverse=reverse,
                ),
            )
    yield Case(
        "UNIQUE",
        single(
            "UNIQUE",
            {"input": integers(0, 4, 12, dtype="int32")},
            [out("int32")] * 2,
            idx_out_type="INT32",
        ),
    )
    yield Case("WHERE", single("WHERE", {"input": normal(3, 4) > 0}, [out("int64")]))
    sparse = {
        "indices": const([[0, 1], [2, 0]], "int32"),
        "output_shape": const([3, 4], "int32"),
        "values": normal(2),
        "default_value": const(np.float32(0.5)),
    }
    yield Case("SPARSE_TO_DENSE", single("SPARSE_TO_DENSE", sparse))
    yield Case(
        "SEGMENT_SUM",
        single(
            "SEGMENT_SUM", {"input": normal(5, 2), "segment_ids": const([0, 0, 1, 2, 2], "int32")}
        ),
    )
    for kind in ("SUM", "PROD", "MAX", "MIN"):
        given = {
            "input": normal(5, 2),
            "segment_ids": np.array([2, 0, 1, 0, -1], np.int32),
            "num_segments": const(np.int32(4)),
        }
        yield Case(f"UNSORTED_SEGMENT_{kind}", single(f"UNSORTED_SEGMENT_{kind}", given))
    for name in ("MEAN", "SUM", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN"):
        for keep in (False, True):
            given = {"input": normal(2, 3, 4), "axes": const([0, -1], "int32")}
            yield Case(f"{name} {keep}", single(name, given, keep_dims=keep))
    for name in ("SUM", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN", "MEAN"):
        given = {
            "input": integers(-9, 9, 3, 4, dtype="int32"),
            "axes": const([1], "int32"),
        }
        yield Case(f"{name} int32", single(name, given, [out("int32")]))
    for name in ("REDUCE_ANY", "REDUCE_ALL"):
        yield Case(
            name,
            single(
                name, {"input": normal(4, 3) > -0.5, "axes": const([1], "int32")}, [out("bool")]
            ),
        )
    image = integers(-128, 127, 2, 5, 4, 3)
    for name in ("MEAN", "SUM"):
        for axes in ([1, 2], [3], [1]):
            given = {"input": q(image, 0.05, 3), "axes": const(axes, "int32")}
            yield Case(
                f"{name} int8 {len(axes)}{axes[0]}",
                single(
                    name,
                    given,
                    [out("int8", 0.07 if name == "MEAN" else 0.3, -5)],
                    version=2,
                    keep_dims=True,
                ),
            )
    for name in ("REDUCE_MAX", "REDUCE_MIN"):
        given = {"input": q(image, 0.05, 3), "axes": const([1, 2], "int32")}
        yield Case(f"{name} int8", single(name, given, [out("int8", 0.05, 3)], version=2))


def suppression() -> Iterator[Case]:
    """Boxes that overlap."""
    given: Options
    corners = RNG.random((12, 4)).astype(np.float32)
    boxes = np.concatenate(
        [corners[:, :2], corners[:, :2] + corners[:, 2:] * 0.6 + 0.05], 1
    ).astype(np.float32)
    scores = RNG.random(12).astype(np.float32)
    given = {
        "boxes": boxes,
        "scores": scores,
        "most": const(np.int32(6)),
        "iou": const(np.float32(0.3)),
        "least": const(np.float32(0.2)),
    }
    yield Case(
        "NON_MAX_SUPPRESSION_V4", single("NON_MAX_SUPPRESSION_V4", given, [out("int32")] * 2)
    )
    for sigma in (0.0, 0.5):
        results = [out("int32"), out("float32"), out("int32")]
        soft = single(
            "NON_MAX_SUPPRESSION_V5", {**given, "sigma": const(np.float32(sigma))}, results
        )
        yield Case(f"NON_MAX_SUPPRESSION_V5 {sigma}", soft)
    anchors = np.concatenate([corners[:, :2], np.full((12, 2), 0.3)], 1).astype(np.float32)
    detected = {
        "boxes": normal(1, 12, 4, scale=2),
        "classes": RNG.random((1, 12, 4)).astype(np.float32),
        "anchors": const(anchors),
    }
    for regular in (False, True):
        builder: Any = flexbuffers.Builder()
        with builder.Map():
            builder.Int("max_detections", 5)
            builder.Int("max_classes_per_detection", 1)
            builder.Int("detections_per_class", 3)
            builder.Bool("use_regular_nms", regular)
            builder.Float("nms_score_threshold", 0.3)
            builder.Float("nms_iou_threshold", 0.4)
            builder.Int("num_classes", 3)
            for name, scale in zip("yxhw", (10.0, 10.0, 5.0, 5.0), strict=True):
                builder.Float(f"{name}_scale", scale)
        graphs = single(
            "CUSTOM",
            detected,
            [out("float32")] * 4,
            custom="TFLite_Detection_PostProcess",
            custom_options=bytes(builder.Finish()),
        )
        yield Case(f"TFLite_Detection_PostProcess {regular}", graphs)
