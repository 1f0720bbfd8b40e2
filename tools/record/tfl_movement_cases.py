"""Cases of shapes, slices, pads and joins."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .tfl_case import Case, Options, const, integers, normal, out, q, single


def movement() -> Iterator[Case]:
    """Shapes, slices, pads, joins."""
    given: Options
    how: Options
    x = normal(2, 3, 4)
    yield Case("RESHAPE", single("RESHAPE", {"input": x, "shape": const([4, -1], "int32")}))
    yield Case("RESHAPE option", single("RESHAPE", {"input": x}, new_shape=[6, 4]))
    yield Case("SQUEEZE", single("SQUEEZE", {"input": normal(1, 3, 1, 2)}))
    yield Case("SQUEEZE axes", single("SQUEEZE", {"input": normal(1, 3, 1, 2)}, squeeze_dims=[-2]))
    yield Case("EXPAND_DIMS", single("EXPAND_DIMS", {"input": x, "axis": const([-2], "int32")}))
    yield Case("TRANSPOSE", single("TRANSPOSE", {"input": x, "perm": const([2, 0, 1], "int32")}))
    for at, (begin, end, strides, masks) in enumerate(
        [
            ([0, 1, 0], [2, 3, 4], [1, 1, 2], {}),
            ([1, -2, 3], [2, 3, -5], [1, 1, -1], {"end_mask": 4}),
            ([0, 0, 1], [0, 0, 3], [1, 1, 1], {"begin_mask": 3, "end_mask": 3}),
            ([1, 0, 2], [2, 9, 3], [1, 1, 1], {"shrink_axis_mask": 5}),
            ([0, 0, 0], [0, 0, 2], [1, 1, 1], {"ellipsis_mask": 1, "new_axis_mask": 2}),
            ([1, 1, 0], [1, 2, 4], [1, 1, 1], {"offset": True}),
            ([1, 2, 3], [-9, -9, -9], [-1, -1, -2], {}),
        ]
    ):
        given = {
            "input": x,
            "begin": const(begin, "int32"),
            "end": const(end, "int32"),
            "strides": const(strides, "int32"),
        }
        yield Case(f"STRIDED_SLICE {at}", single("STRIDED_SLICE", given, **masks))
    yield Case(
        "SLICE",
        single(
            "SLICE",
            {"input": x, "begin": const([0, 1, 1], "int32"), "size": const([-1, 2, -1], "int32")},
        ),
    )
    update = {
        "operand": normal(4, 5),
        "update": normal(2, 3),
        "start_indices": np.array([1, 9], np.int32),
    }
    yield Case("DYNAMIC_UPDATE_SLICE", single("DYNAMIC_UPDATE_SLICE", update))
    image, pads = normal(1, 3, 4, 2), const([[0, 0], [1, 2], [0, 1], [0, 0]], "int32")
    yield Case("PAD", single("PAD", {"input": image, "paddings": pads}))
    yield Case(
        "PAD int8",
        single(
            "PAD",
            {"input": q(integers(-128, 127, 1, 3, 4, 2), 0.05, 3), "paddings": pads},
            [out("int8", 0.05, 3)],
            version=2,
        ),
    )
    yield Case(
        "PADV2",
        single(
            "PADV2",
            {
                "input": x,
                "paddings": const([[1, 0], [0, 2], [3, 0]], "int32"),
                "constant_values": const(np.float32(1.5)),
            },
        ),
    )
    for mode in ("REFLECT", "SYMMETRIC"):
        yield Case(
            f"MIRROR_PAD {mode}",
            single("MIRROR_PAD", {"input": image, "paddings": pads}, mode=mode),
        )
    yield Case(
        "CONCATENATION",
        single(
            "CONCATENATION",
            {"a": normal(2, 3), "b": normal(2, 1), "c": const(normal(2, 2))},
            axis=-1,
        ),
    )
    eights = {
        "a": q(integers(-128, 127, 2, 3), 0.05, 3),
        "b": q(integers(-128, 127, 2, 5), 0.05, 3),
    }
    yield Case(
        "CONCATENATION int8",
        single("CONCATENATION", eights, [out("int8", 0.05, 3)], axis=1, version=2),
    )
    bytes_ = {
        "a": q(integers(0, 255, 2, 30, dtype="uint8"), 0.05, 120),
        "b": q(integers(0, 255, 2, 5, dtype="uint8"), 0.04, 110),
    }
    yield Case(
        "CONCATENATION uint8", single("CONCATENATION", bytes_, [out("uint8", 0.06, 130)], axis=1)
    )
    yield Case(
        "PACK", single("PACK", {"a": normal(2, 3), "b": normal(2, 3)}, values_count=2, axis=1)
    )
    yield Case("UNPACK", single("UNPACK", {"input": x}, [out("float32")] * 3, num=3, axis=1))
    yield Case(
        "SPLIT",
        single(
            "SPLIT", {"axis": const(np.int32(-1)), "input": x}, [out("float32")] * 2, num_splits=2
        ),
    )
    sizes = {"input": x, "size_splits": const([1, -1], "int32"), "axis": const(np.int32(2))}
    yield Case("SPLIT_V", single("SPLIT_V", sizes, [out("float32")] * 2, num_splits=2))
    yield Case("TILE", single("TILE", {"input": normal(2, 3), "multiples": const([2, 3], "int32")}))
    yield Case(
        "BROADCAST_TO",
        single(
            "BROADCAST_TO", {"input": normal(3, 1), "shape": const([2, 3, 4], "int32")}, version=2
        ),
    )
    yield Case(
        "BROADCAST_ARGS",
        single(
            "BROADCAST_ARGS",
            {"shape1": np.array([3, 1], np.int32), "shape2": np.array([2, 1, 4], np.int32)},
            [out("int32")],
        ),
    )
    yield Case("REVERSE_V2", single("REVERSE_V2", {"input": x, "axes": const([1], "int32")}))
    lengths = {"input": normal(3, 4, 2), "seq_lengths": const([2, 4, 0], "int32")}
    yield Case("REVERSE_SEQUENCE", single("REVERSE_SEQUENCE", lengths, seq_dim=1, batch_dim=0))
    yield Case(
        "SPACE_TO_DEPTH", single("SPACE_TO_DEPTH", {"input": normal(1, 4, 6, 2)}, block_size=2)
    )
    yield Case(
        "DEPTH_TO_SPACE", single("DEPTH_TO_SPACE", {"input": normal(1, 2, 3, 8)}, block_size=2)
    )
    batch = {
        "input": normal(1, 3, 4, 2),
        "block_shape": const([2, 2], "int32"),
        "paddings": const([[1, 0], [0, 2]], "int32"),
    }
    yield Case("SPACE_TO_BATCH_ND", single("SPACE_TO_BATCH_ND", batch))
    back = {
        "input": normal(4, 2, 3, 2),
        "block_shape": const([2, 2], "int32"),
        "crops": const([[1, 0], [0, 2]], "int32"),
    }
    yield Case("BATCH_TO_SPACE_ND", single("BATCH_TO_SPACE_ND", back))
    yield Case("MATRIX_DIAG", single("MATRIX_DIAG", {"input": normal(2, 3)}))
    yield Case(
        "MATRIX_SET_DIAG",
        single("MATRIX_SET_DIAG", {"input": normal(2, 3, 4), "diagonal": normal(2, 3)}),
    )
    yield Case("SHAPE", single("SHAPE", {"input": x}, [out("int32")], out_type="INT32"))
    yield Case("RANK", single("RANK", {"input": x}, [out("int32")]))
    yield Case("FILL", single("FILL", {"dims": const([2, 3], "int32"), "value": np.float32(1.5)}))
    yield Case(
        "RANGE",
        single(
            "RANGE",
            {
                "start": const(np.int32(2)),
                "limit": const(np.int32(11)),
                "delta": const(np.int32(3)),
            },
            [out("int32")],
        ),
    )
    for name in ("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"):
        for at, how in enumerate([{}, {"align_corners": True}, {"half_pixel_centers": True}]):
            for size in ([7, 5], [2, 9]):
                given = {"input": normal(1, 4, 3, 2), "size": const(size, "int32")}
                yield Case(f"{name} {at} {size[0]}", single(name, given, version=3, **how))
        given = {
            "input": q(integers(-128, 127, 1, 4, 3, 2), 0.05, 3),
            "size": const([7, 5], "int32"),
        }
        yield Case(
            f"{name} int8",
            single(name, given, [out("int8", 0.05, 3)], version=3, half_pixel_centers=True),
        )
