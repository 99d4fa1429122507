"""Memory and threads around a measurement."""

from __future__ import annotations

import cv2
import numpy as np

from bench.measurement import COPY, Quiet, measured
from bench.pictures import Kind
from bench.row import Peer, Row, UnsuitedError
from bench.timing import Pace

PICTURE = np.arange(12.0).reshape(3, 4)


def unsuited(_picture):
    raise UnsuitedError("takes nothing")


def broken(_picture):
    def run():
        raise RuntimeError("out of order")

    return run


def test_a_row_gives_a_line_for_each_peer_and_one_for_the_copy() -> None:
    row = Row(
        "double",
        lambda picture: lambda: picture * 2,
        (
            Peer("same", lambda picture: lambda: picture + picture, target=9.0),
            Peer("other", lambda picture: lambda: picture * 3),
            Peer("unsuited", unsuited),
            Peer("broken", broken),
            Peer("absent", broken, ("no_module_of_this_name",)),
        ),
    )
    lines = list(measured(row, Kind(), PICTURE, Pace(2, 2), memory=False))
    assert [line.peer for line in lines] == ["same", "other", "unsuited", "broken", COPY]
    assert [line.agrees for line in lines] == [True, False, None, False, None]
    assert [line.ratio is not None for line in lines] == [True, True, False, False, True]
    assert [line.shown for line in lines] == [True, True, False, True, True]
    assert [line.target for line in lines][::4] == [9.0, None]
    assert lines[3].said == "failed, RuntimeError: out of order"


def test_opencv_gets_its_threads_back() -> None:
    threads = cv2.getNumThreads()
    before = Quiet()
    try:
        cv2.setNumThreads(threads + 1)
        before()
        assert before.left
        assert cv2.getNumThreads() == threads
    finally:
        cv2.setNumThreads(threads)
