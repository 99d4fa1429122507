"""Every public function refuses what it cannot take: with InputError or TypeError, by its name.

`CALLS` has for each public function a call that is right, and for each of its arguments the kind
of thing that it is. `BAD` has for each kind what it must not be. Every argument in turn is made
bad, the others staying as they are.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

import filt
from filt.learned.layer_use import LayerUse

RESULTS = {
    "BankGradients": "what correlate_bank_gradients gives",
    "BankMatch": "what match_bank gives",
    "CannyStages": "what canny_stages gives",
    "CorrelationPlan": "what plan gives",
    "EdgeScore": "what score_edges gives",
    "EdgeStages": "what edge_stages gives",
    "Explanation": "what explain gives",
    "Gradient": "what gradient gives",
    "StructureTensor": "what structure_tensor gives",
    "FiltError": "an error",
    "InputError": "an error",
    "ModelError": "an error",
    "ReadError": "an error",
    "WriteError": "an error",
}
"""Public names that can be called and take what filt itself has made."""

GREY = np.arange(30.0).reshape(5, 6)
STEEP = GREY[:, ::-1].copy()
SOFT = GREY / 30
SIGNED = GREY - 15
BANK = np.ones((3, 3, 1, 2), np.float32)
SOBEL = filt.kernel("sobel-x")
READ_ONLY = np.zeros((5, 6))
READ_ONLY.setflags(write=False)

NO_NUMBERS: dict[str, Any] = {
    "None": None,
    "text": "picture.png",
    "bytes": b"picture",
    "a set": {1.0, 2.0},
    "an object": object(),
    "an array of objects": np.array([[1, None], [2, 3]], object),
    "complex numbers": np.ones((2, 2), complex),
    "an array of text": np.array([["1", "2"], ["3", "4"]]),
    "dates": np.zeros((2, 2), "datetime64[s]"),
    "records": np.zeros((2, 2), [("red", "u1"), ("green", "u1")]),
    "a masked array": np.ma.masked_array(np.ones((2, 2)), mask=[[False, True], [False, False]]),
    "ragged lists": [[1, 2], [3]],
    "a list of text": [["1", "2"]],
    "empty": np.zeros((0, 4)),
}
NO_NUMBER: dict[str, Any] = {
    "text": "wide",
    "a list": [1.0],
    "complex": 1j,
    "an array": np.array([1.0, 2.0]),
    "a dict": {},
    "an object": object(),
}
NO_FINITE = {
    "NaN": np.nan,
    "infinity": np.inf,
    "minus infinity": -np.inf,
    "NaN of NumPy": np.float32(np.nan),
    "beyond every float": 10**400,
}
AXES = {
    "0-d": np.float64(3.0),
    "1-d": np.arange(3.0),
    "3-d": np.ones((2, 3, 3)),
    "4-d": np.ones((1, 2, 3, 1)),
}


def without(bad: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in bad.items() if name not in names}


NO_NAME = {
    "unknown": "no-such-name",
    "empty": "",
    "a number": 3,
    "a list": ["same"],
    "bytes": b"same",
    "a dict": {},
    "NaN": np.nan,
}
NO_WHOLE = {
    "zero": 0,
    "negative": -1,
    "a fraction": 1.5,
    "text": "three",
    "complex": 1j,
    "a dict": {},
    **without(NO_FINITE, "beyond every float"),
}
NO_FLAG: dict[str, Any] = {"text": "no", "a list": [], "a number": 2, "NaN": np.nan}
NO_OUT = {
    "a list": [[0.0]],
    "text": "out",
    "another shape": np.zeros((2, 2)),
    "another dtype": np.zeros((5, 6), np.int32),
    "read only": READ_ONLY,
}
NO_TAPS = {
    "NaN": [[1.0, np.nan]],
    "infinity": [[np.inf, 1.0]],
    "an unknown name": "no-such-kernel",
}

BAD: MappingProxyType[str, dict[str, Any]] = MappingProxyType(
    {
        "image": {**NO_NUMBERS, **without(AXES, "3-d"), "5-d": np.ones((1, 1, 2, 2, 1))},
        "grey": {**NO_NUMBERS, **AXES},
        "RGB": {**NO_NUMBERS, **without(AXES, "3-d"), "two channels": np.ones((4, 4, 2))},
        "channelled": {**NO_NUMBERS, **without(AXES, "3-d"), "grey": np.ones((4, 4))},
        "signal": {**NO_NUMBERS, **without(AXES, "1-d"), "2-d": np.ones((2, 3))},
        "numbers": NO_NUMBERS,
        "field": {**NO_NUMBERS, "another shape": np.ones((2, 7))},
        "slopes": {**NO_NUMBERS, **AXES, "another shape": np.ones((2, 7))},
        "response": without(NO_NUMBERS, "empty"),
        "kernel": {**without(NO_NUMBERS, "text"), **without(AXES, "3-d"), **NO_TAPS},
        "taps": {**NO_NUMBERS, **without(AXES, "3-d"), **without(NO_TAPS, "an unknown name")},
        "bank": {
            **NO_NUMBERS,
            **without(AXES, "4-d"),
            "another number of channels": np.ones((3, 3, 4, 2)),
            "NaN": np.full((3, 3, 1, 2), np.nan),
            "infinity": np.full((3, 3, 1, 2), np.inf),
        },
        "weights": {
            **NO_NUMBERS,
            **without(AXES, "4-d"),
            "NaN": np.full((3, 3, 1, 2), np.nan),
            "beyond float32": np.full((3, 3, 1, 2), 1e300),
        },
        "bias": {**without(NO_NUMBERS, "None"), **AXES},
        "mask": {
            **without(NO_NUMBERS, "None"),
            "another shape": np.ones((2, 2), bool),
            "fractions": np.full((5, 6), 0.5),
        },
        "magnitude": {**without(NO_NUMBERS, "None"), **AXES, "another shape": np.ones((2, 7))},
        "alpha": {**without(NO_NUMBERS, "None"), "another shape": np.ones((2, 2))},
        "positive": {"zero": 0, "negative": -1.5, "None": None, **NO_NUMBER, **NO_FINITE},
        "positive or None": {"zero": 0, "negative": -1.5, **NO_NUMBER, **NO_FINITE},
        "not negative": {"negative": -1e-9, "None": None, **NO_NUMBER, **NO_FINITE},
        "not negative or None": {"negative": -1e-9, **NO_NUMBER, **NO_FINITE},
        "number": {"None": None, **NO_NUMBER, **NO_FINITE},
        "share": {"negative": -0.1, "above 1": 1.1, "None": None, **NO_NUMBER, **NO_FINITE},
        "share or None": {"negative": -0.1, "above 1": 1.1, **NO_NUMBER, **NO_FINITE},
        "threshold": {"None": None, **NO_NUMBER, "NaN": np.nan},
        "recipe": {
            "zero": 0, "negative": -1, "None": None, **NO_FINITE, **without(NO_NUMBER, "an array"),
        },
        "recipe number": {"None": None, **NO_FINITE, **without(NO_NUMBER, "an array")},
        "whole": {"None": None, "a list": [3], **NO_WHOLE},
        "whole or None": {"a list": [3], "True": True, **NO_WHOLE},
        "whole or 0": {"None": None, "a list": [3], **without(NO_WHOLE, "zero")},
        "pair": {"None": None, "three": (1, 2, 3), "halves": (0.5, 1), **NO_WHOLE},
        "pair or None": {"three": (1, 2, 3), "zero and one": (0, 1), **NO_WHOLE},
        "place": {"beyond": 99, "None": None, "a list": [3], **without(NO_WHOLE, "zero")},
        "name": {"None": None, **NO_NAME},
        "name or None": NO_NAME,
        "flag": {"None": None, **NO_FLAG},
        "flag or None": NO_FLAG,
        "out": NO_OUT,
        "two arrays": {
            "one array": np.zeros((2, 5, 6)),
            "one of them": (np.zeros((5, 6)),),
            "a number": 3,
            "others": (np.zeros((5, 6)), np.zeros((2, 2))),
        },
        "several": {"None": None, "a number": 3, "text": "3x3", "NaN": np.nan},
        "several or None": {"a number": 3, "text": "3x3", "NaN": np.nan},
        "words": {"None": None, "a number": 3, "text": "conv3", "numbers": [28, 3]},
        "layers": {"None": None, "a number": 3, "numbers": [3, 1], "single": [(3,)], "text": "31"},
        "shape": {
            "None": None,
            "a number": 3,
            "text": "3x3",
            "one side": (3,),
            "four": (1, 2, 3, 4),
            "fractions": (1.5, 2.0),
            "an empty side": (0, 4),
            "beyond every memory": (10**10, 10**10),
        },
        "dtype": {"text": "no dtype", "complex": complex, "objects": object, "a number": 3},
        "depth": {"text": "no dtype", "complex": complex, "int64": np.int64, "None": None},
        "path": {"None": None, "a number": 1.5, "a list": ["a.png"], "an object": object()},
        "Picture": {"an array": np.zeros((2, 2), np.uint8), "None": None, "text": "picture"},
        "Kernel": {"None": None, "an array": np.ones((3, 3)), "a number": 3, "text": "sobel-x"},
        "kernels": {"None": None, "one": SOBEL, "text": ("sobel-x",), "none": ()},
        "steps": {"None": None, "one": SOBEL, "text": ("sobel-x",), "none": ()},
        "KernelBank": {"None": None, "an array": BANK, "text": "learned"},
        "use": {"text": "same", "a number": 3},
        "text": {"a number": 3, "bytes": b"a", "a list": ["a"], "None": None},
        "text or None": {"a number": 3, "bytes": b"a", "a list": ["a"]},
        "names": {"a number": 3, "text": "ab", "one": ("a",), "numbers": (1, 2), "None": None},
        "written": {
            **NO_NAME,
            "None": None,
            "an unknown parameter": "box-blur:width=3",
            "a bad value": "box-blur:size=wide",
            "no value": "box-blur:size",
            "given twice": "box-blur:size=3,size=5",
        },
    }
)  # fmt: skip
"""Kinds of arguments, and what an argument of the kind must not be."""

PLACED = {"border": ("reflect101", "name or None")}
SEEN = {
    "image": (GREY, "RGB"),
    **PLACED,
    "channels": ("luma", "name or None"),
    "out": (None, "out"),
}
EACH = {"image": (GREY, "image"), **PLACED, "out": (None, "out")}
LAID = {
    "mode": ("same", "name"),
    "border": ("zero", "name or None"),
    "stride": (1, "pair"),
    "dilation": (1, "pair"),
}
CORRELATED = {"image": (GREY, "image"), "kernel": (SOBEL, "kernel"), **LAID, "out": (None, "out")}
LINE = {
    "signal": ([1, 2, 3], "signal"), "taps": ([1, -1], "signal"), "mode": ("full", "name"),
    "border": ("zero", "name or None"), "stride": (1, "whole"), "dilation": (1, "whole"),
}  # fmt: skip
BANKED = {**LAID, "border": ("zero", "name")}
POOLED = {
    "image": (GREY, "image"), "size": (2, "pair"), "stride": (None, "pair or None"),
    "mode": ("valid", "name"),
}  # fmt: skip
CANNY = {
    "image": (GREY, "RGB"), "sigma": (1.4, "not negative"), "low": (0.03, "share"),
    "high": (0.08, "share"), "operator": ("sobel", "name"), "norm": ("l2", "name"),
    "thinning": ("interpolated", "name"), "channels": ("luma", "name"), "space": ("rgb", "name"),
    "relative": (False, "flag"), "quantiles": (False, "flag"), "auto": (None, "name or None"),
    "mask": (None, "mask"), "border": ("reflect101", "name or None"),
    "full_scale": (None, "positive or None"),
}  # fmt: skip

CALLS: MappingProxyType[str, dict[str, tuple[Any, str]]] = MappingProxyType(
    {
        "Filter": {
            "name": ("mine", ""), "kernels": ((SOBEL,), "kernels"), "combination": ("only", "name"),
            "meaning": ("", ""), "family": ("", ""), "source": ("", ""),
        },
        "Kernel": {
            "taps": ([[1, -1]], "taps"), "name": ("mine", ""), "meaning": ("", ""),
            "family": ("", ""), "source": ("", ""),
        },
        "KernelBank": {
            "kernels": (BANK, "weights"), "name": ("mine", "text"), "names": (("a", "b"), "names"),
            "bias": (None, "bias"), "use": (LayerUse(), "use"), "untrained": (None, "bias"),
            "epochs": (None, "bias"), "random_labels": (None, "bias"),
            "provenance": (filt.KernelBank(BANK).provenance, "use"),
        },
        "Picture": {
            "pixels": (GREY, "RGB"), "full_scale": (1.0, "positive"), "depth": ("uint8", "dtype"),
            "alpha": (None, "alpha"),
        },
        "Pipeline": {
            "steps": ((filt.resolve("sobel"),), "steps"), "written": ("", ""), "files": ((), ""),
        },
        "Placement": LAID,
        "average_pool": POOLED,
        "binomial_blur": {**EACH, "size": (3, "recipe")},
        "box_blur": {**EACH, "size": (3, "recipe")},
        "canny": CANNY,
        "canny_opencv": {
            "image": (GREY, "RGB"), "low": (0.1, "share"), "high": (0.2, "share"),
            "norm": ("l1", "name"), "full_scale": (None, "positive or None"),
        },
        "canny_stages": CANNY,
        "convolve": CORRELATED,
        "convolve1d": LINE,
        "correlate": CORRELATED,
        "correlate1d": LINE,
        "correlate_bank": {
            "image": (GREY, "image"), "bank": (BANK, "bank"), "bias": (None, "bias"),
            "activation": (None, "name or None"), **BANKED, "out": (None, "out"),
        },
        "correlate_bank_gradients": {
            "image": (GREY, "image"), "bank": (BANK, "bank"),
            "upstream": (np.ones((5, 6, 2)), "numbers"), **BANKED,
        },
        "depth_average_pool": {"image": (np.ones((2, 2, 4)), "channelled"), "size": (2, "whole")},
        "depth_max_pool": {"image": (np.ones((2, 2, 4)), "channelled"), "size": (2, "whole")},
        "difference_of_gaussians": {**SEEN, "sigma": (1.0, "recipe"), "ratio": (1.6, "recipe")},
        "edge_stages": {
            "image": (GREY, "RGB"), "method": ("canny", "name"),
            "sigma": (None, "not negative or None"), "low": (None, "share or None"),
            "high": (None, "share or None"), "channels": (None, "name or None"),
            "space": (None, "name or None"), "relative": (False, "flag or None"),
            "quantiles": (False, "flag or None"), "auto": (None, "name or None"),
            "border": ("reflect101", "name or None"), "full_scale": (None, "positive or None"),
        },
        "emboss": EACH,
        "explain": {
            "image": (GREY, "grey"), "kernel": (SOBEL, "Kernel"), "x": (1, "place"),
            "y": (1, "place"), "border": ("reflect101", "name"),
        },
        "gaussian_blur": {**EACH, "sigma": (1.0, "recipe")},
        "gaussian_derivative": {
            "image": (GREY, "image"), "sigma": (1.0, "positive"), "order_x": (1, "whole or 0"),
            "order_y": (0, "whole or 0"), **PLACED,
        },
        "gaussian_gradient": {**SEEN, "sigma": (1.0, "recipe")},
        "get_threads": {},
        "global_average_pool": {"image": (GREY, "image")},
        "global_max_pool": {"image": (GREY, "image")},
        "gradient": {
            "image": (GREY, "RGB"), "operator": ("sobel", "name"), "sigma": (0.0, "not negative"),
            "channels": ("luma", "name"), "space": ("rgb", "name"), **PLACED,
            "full_scale": (None, "positive or None"),
        },
        "gradient_polar": {
            "image": (GREY, "RGB"), "operator": ("sobel", "name"), "sigma": (0.0, "not negative"),
            **PLACED, "out": (None, "two arrays"),
        },
        "kernel": {"name": ("sobel-x", "written"), "parameters": ({}, "")},
        "kirsch": SEEN,
        "l2_pool": POOLED,
        "laplacian": SEEN,
        "laplacian_of_gaussian": {**SEEN, "sigma": (1.4, "recipe")},
        "likeness": {
            "image": (GREY, "image"), "kernel": (SOBEL, "kernel"), "mode": ("same", "name"),
            **PLACED,
        },
        "link": {"thinned": (GREY, "grey"), "low": (1.0, "threshold"), "high": (2.0, "threshold")},
        "load_bank": {"path": (None, "path")},
        "luma": {"image": (GREY, "RGB")},
        "match_bank": {
            "bank": (filt.KernelBank(BANK), "KernelBank"), "samples": (20, "whole or None"),
        },
        "max_pool": POOLED,
        "motion_blur": {**EACH, "length": (3, "recipe"), "angle": (0.0, "recipe number")},
        "output_size": {
            "length": (9, "whole"), "taps": (3, "whole"), "stride": (1, "whole"),
            "padding": (0, "whole or 0"), "dilation": (1, "whole"),
        },
        "output_size_for": {
            "mode": ("same", "name"), "length": (9, "whole"), "taps": (3, "whole"),
            "stride": (1, "whole"), "dilation": (1, "whole"),
        },
        "parameter_count": {
            "height": (3, "whole"), "width": (3, "whole"), "inputs": (1, "whole"),
            "outputs": (1, "whole"), "bias": (True, "flag"),
        },
        "plan": {
            "kernel": (SOBEL, "kernel"), "shape": ((9, 9), "shape"), "dtype": ("uint8", "dtype"),
        },
        "prewitt": SEEN,
        "read_image": {
            "path": (None, "path"), "page": (None, "whole or None"), "max_pixels": (9, "whole"),
        },
        "read_model": {
            "path": (None, "path"), "layer": (None, "text or None"),
            "layout": (None, "name or None"),
            "use": (None, "use"), "white": (None, "positive or None"),
            "name": (None, "text or None"),
        },
        "receptive_field": {"layers": ([(3, 1), (5, 2)], "layers")},
        "resolve": {"text": ("sobel", "written")},
        "roberts": SEEN,
        "robinson": SEEN,
        "scharr": SEEN,
        "score_edges": {
            "soft_maps": ([SOFT], "several"), "truths": ([[SOFT > 0.5]], "several"),
            "thresholds": (3, "whole"), "tolerance": (0.0075, "share"), "thin": (True, "flag"),
            "ranks": (False, "flag"), "jobs": (1, "whole"), "names": (None, "several or None"),
            "report": (None, ""),
        },
        "set_threads": {"count": (None, "whole or None")},
        "sharpen": EACH,
        "size_chain": {"words": (["28", "conv3"], "words")},
        "sobel": SEEN,
        "steered": {"x": (GREY, "field"), "y": (STEEP, "field"), "angle": (30.0, "number")},
        "steered_second": {
            "xx": (GREY, "field"), "xy": (STEEP, "field"), "yy": (GREY, "field"),
            "angle": (30.0, "number"),
        },
        "structure_tensor": {
            "image": (GREY, "RGB"), "sigma": (2.0, "positive"), "scale": (1.0, "positive"),
            "channels": ("luma", "name"), "space": ("rgb", "name"), **PLACED,
        },
        "thin": {
            "x": (SIGNED, "slopes"), "y": (STEEP, "slopes"), "magnitude": (GREY, "magnitude"),
            "method": ("sectors", "name"), "above": (0.0, "number"),
            "tie": (None, "not negative or None"),
        },
        "to_picture": {
            "response": (GREY, "response"), "show": ("abs", "name"),
            "full_scale": (255.0, "positive"),
            "depth": ("uint8", "depth"),
        },
        "unsharp_mask": {**EACH, "sigma": (1.0, "recipe"), "amount": (1.0, "recipe number")},
        "write_image": {
            "path": (None, "path"), "picture": (None, "Picture"), "clobber": (True, ""),
        },
        "zero_crossings": {"response": (SIGNED, "grey"), "tie": (None, "not negative or None")},
    }
)  # fmt: skip
"""Of each public function: a right call, and of each argument what it is (nothing is not tested).

A path stands for None here and is a file of the test's own folder there.
"""

OTHER_NAMES = MappingProxyType(
    {
        "kernel": "kernel|taps",
        "kernels": "kernels?",
        "steps": "steps|filter",
        "order_x": "order",
        "order_y": "order",
        "path": "path|PathLike",
        "image": "image|colours",
        "count": "threads",
        "text": "name|called|parameter|box-blur: size",
        "name": "name|called|parameter|box-blur: size",
        "layers": "layers?",
        "soft_maps": "soft_maps|soft map|picture",
        "truths": "truths|truth|annotator",
    }
)
"""What a message calls an argument, where it is not its own name."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A picture, a bank, and a place to write to: what stands where a call asks for a file."""
    from filt.learned.files.bank_files import save_bank

    folder = tmp_path_factory.mktemp("boundary")
    picture = filt.Picture(np.zeros((2, 2), np.uint8), 255.0, np.dtype(np.uint8))
    filt.write_image(folder / "a.png", picture)
    save_bank(folder / "a.npz", filt.KernelBank(BANK))
    return {
        "read_image": {"path": folder / "a.png"},
        "load_bank": {"path": folder / "a.npz"},
        "read_model": {"path": folder / "a.npz"},
        "write_image": {"path": folder / "b.png", "picture": picture},
    }


def caller(name: str, files: dict[str, Any]) -> Callable[..., Any]:
    """The public function, called by keywords, with what is right for all that is not given."""
    right = {argument: value for argument, (value, _) in CALLS[name].items()} | files.get(name, {})
    function = getattr(filt, name)
    if name == "kernel":
        return lambda **given: function({**right, **given}["name"])
    return lambda **given: function(**{**right, **given})


def test_every_public_name_that_can_be_called_is_called_here() -> None:
    callables = {name for name in filt.__all__ if callable(getattr(filt, name))}
    assert callables == CALLS.keys() | RESULTS.keys()
    assert not CALLS.keys() & RESULTS.keys()


@pytest.mark.parametrize("name", CALLS)
def test_every_argument_is_in_the_table(name: str) -> None:
    assert set(inspect.signature(getattr(filt, name)).parameters) == CALLS[name].keys()


@pytest.mark.parametrize("name", CALLS)
def test_the_right_call_is_right(name: str, files: dict[str, Any]) -> None:
    caller(name, files)()


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        (name, argument)
        for name, call in CALLS.items()
        for argument, kind in call.items()
        if kind[1]
    ],
)
def test_a_bad_argument_is_named(name: str, argument: str, files: dict[str, Any]) -> None:
    call = caller(name, files)
    word = re.compile(rf"\b({OTHER_NAMES.get(argument, argument)})\b")
    wrong = {}
    for what, bad in BAD[CALLS[name][argument][1]].items():
        try:
            given = call(**{argument: bad})
        except Exception as error:  # whatever comes is looked at
            kinds = (filt.InputError, TypeError)
            if type(error) not in kinds or not word.search(str(error)) or "\n" in str(error):
                wrong[what] = f"{type(error).__name__}: {error}"
        else:
            wrong[what] = f"gave {type(given).__name__}"
    assert not wrong


@pytest.mark.parametrize("what", [name for name in BAD["grey"] if name != "None"])
def test_bad_maps_of_edges_are_named(what: str) -> None:
    bad = BAD["grey"][what]
    with pytest.raises((filt.InputError, TypeError), match="soft map"):
        filt.score_edges([bad], [[SOFT > 0.5]])
    with pytest.raises((filt.InputError, TypeError), match="truth"):
        filt.score_edges([SOFT], [[bad]])


@pytest.mark.parametrize("mode", ["same", "valid", "full", "keras-same"])
@pytest.mark.parametrize("dilation", [10**5, 10**9, 10**30])
def test_a_dilation_beyond_the_memory_is_refused(mode: str, dilation: int) -> None:
    with pytest.raises(filt.InputError, match="dilation or size is too large"):
        filt.correlate(GREY, SOBEL, mode=mode, dilation=dilation)
    with pytest.raises(filt.InputError, match="dilation or size is too large"):
        filt.correlate_bank(GREY, BANK, mode=mode, dilation=dilation)


def test_numbers_beyond_the_memory_or_the_patience_are_refused() -> None:
    with pytest.raises(filt.InputError, match="size is too large"):
        filt.max_pool(GREY, 10**9, mode="keras-same")
    with pytest.raises(filt.InputError, match="samples must be at most"):
        filt.match_bank(filt.KernelBank(BANK), samples=10**12)
    with pytest.raises(filt.InputError, match="thresholds must be at most"):
        filt.score_edges([SOFT], [[SOFT > 0.5]], thresholds=10**12)


@pytest.mark.parametrize(("sigma", "order"), [(50, 80), (100, 100), (100, 171), (200, 1600)])
def test_a_derivative_whose_numbers_are_no_floats_is_refused(sigma: float, order: int) -> None:
    with pytest.raises(filt.InputError, match="order is too large"):
        filt.gaussian_derivative(GREY, sigma, order)


def test_whole_numbers_are_compared_as_they_are() -> None:
    rise = np.array([[0, 2, 5, 3, 0]], np.int8)
    crests = filt.thin(rise, np.array([[1, 1, 2, 1, 1]], np.int8), rise)
    assert crests.tolist() == filt.thin(rise * 1.0, [[1.0, 1, 2, 1, 1]], rise * 1.0).tolist()
    assert filt.zero_crossings(np.array([[100, -100]], np.int8)).tolist() == [[200.0, 0.0]]
    assert filt.steered(np.array([[200]], np.uint8), np.array([[200]], np.uint8), 0) == 200
