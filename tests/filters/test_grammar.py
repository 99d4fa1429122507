"""The grammar of names: NAME[:key=value,…], there and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filt.filters.errors import InputError
from filt.filters.grammar import bind, join_name, parameters_of, split_name, unknown_name

WORDS = st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True)
KNOWN = {"size": 3, "sigma": 1.0, "channels": "luma", "relative": False}


@pytest.mark.parametrize(
    ("text", "name", "parameters"),
    [
        ("sobel", "sobel", {}),
        ("  Sobel-X ", "sobel-x", {}),
        ("gaussian:sigma=2", "gaussian", {"sigma": "2"}),
        ("gabor: theta = 45 , wavelength=8", "gabor", {"theta": "45", "wavelength": "8"}),
        ("a:b=c=d", "a", {"b": "c=d"}),
    ],
)
def test_split(text, name, parameters):
    assert split_name(text) == (name, parameters)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "name is missing"),
        ("  ", "name is missing"),
        (":sigma=1", "name is missing"),
        ("a:", "must be key=value"),
        ("a:b", "must be key=value, got 'b' in 'a:b'"),
        ("a:=1", "must be key=value"),
        ("a:b=", "must be key=value"),
        ("a:b=1,", "must be key=value"),
        ("a:b=1,,c=2", "must be key=value"),
        ("a:b=1,b=2", "parameter b is given twice"),
    ],
)
def test_what_does_not_split(text, words):
    with pytest.raises(InputError, match=words):
        split_name(text)


@settings(max_examples=200, deadline=None)
@given(
    name=WORDS,
    parameters=st.dictionaries(
        WORDS, st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**9), 10**9)
    ),
)
def test_join_is_the_opposite_of_split(name, parameters):
    again, written = split_name(join_name(name, parameters))
    assert again == name
    assert {key: float(value) for key, value in written.items()} == parameters


def test_whole_numbers_are_written_without_a_point():
    assert join_name("box", {"size": 5}) == "box:size=5"
    assert join_name("gaussian", {"sigma": 2.0}) == "gaussian:sigma=2"
    assert join_name("gaussian", {"sigma": 0.1}) == "gaussian:sigma=0.1"
    assert join_name("sobel", {}) == "sobel"


def test_words_and_answers_are_written_as_they_are_read():
    assert join_name("a", {"b": True, "c": False, "d": "max"}) == "a:b=yes,c=no,d=max"


def test_parameters_are_those_of_the_function():
    assert parameters_of(lambda size=3, sigma=1.5: None) == {"size": 3, "sigma": 1.5}
    assert parameters_of(lambda: None) == {}


def test_bound_values_have_the_kind_of_their_default_and_the_order_of_what_is_known():
    bound = bind("x", KNOWN, {"relative": "yes", "channels": "max", "sigma": 2, "size": "5"})
    assert list(bound.items()) == [
        ("size", 5),
        ("sigma", 2.0),
        ("channels", "max"),
        ("relative", True),
    ]
    assert [type(value) for value in bound.values()] == [int, float, str, bool]
    assert bind("x", KNOWN, {}) == {}
    assert bind("x", KNOWN, {"size": "5.0"}) == {"size": 5}


@pytest.mark.parametrize(
    ("written", "meant"),
    [("yes", True), ("No", False), ("TRUE", True), ("false", False), (True, True), (False, False)],
)
def test_yes_and_no(written, meant):
    assert bind("x", KNOWN, {"relative": written}) == {"relative": meant}


@pytest.mark.parametrize(
    ("given_values", "words"),
    [
        ({"size": "2.5"}, "x: size must be a whole number, got '2.5'"),
        ({"size": "nan"}, "size must be a whole number"),
        ({"size": "inf"}, "size must be a whole number"),
        ({"size": "three"}, "size must be a whole number"),
        ({"sigma": "wide"}, "x: sigma must be a number, got 'wide'"),
        ({"sigma": ""}, "sigma must be a number"),
        ({"width": 1}, "x has no parameter 'width': its parameters are size, sigma, channels"),
        ({"relative": "maybe"}, "x: relative must be yes or no, got 'maybe'"),
    ],
)
def test_what_does_not_bind(given_values, words):
    with pytest.raises(InputError, match=words):
        bind("x", KNOWN, given_values)


def test_no_parameters_is_said():
    with pytest.raises(InputError, match="it has no parameters"):
        bind("x", {}, {"size": 1})


def test_unknown_names():
    known = ["sobel-x", "sobel-y", "sharpen"]
    assert "sobel-x" in unknown_name("sobel-z", known)
    assert unknown_name("qqq", known, "kernel").startswith("no kernel is called 'qqq'")
    assert "did you mean" not in unknown_name("qqq", known)
