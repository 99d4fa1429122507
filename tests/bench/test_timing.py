"""Times, ratios and exponents, with a clock that is told what to say."""

from __future__ import annotations

import numpy as np
import pytest

from bench.timing import SHORTEST, Pace, Spread, alternated, exponent, ratio, short, spread


class Clock:
    """A clock that goes on only when work is done."""

    def __init__(self) -> None:
        self.now = 0.0
        self.done: list[str] = []

    def __call__(self) -> float:
        return self.now

    def work(self, name: str, seconds: float):
        def run() -> None:
            self.done.append(name)
            self.now += seconds

        return run


def test_calls_take_turns_and_their_times_are_kept_apart() -> None:
    clock = Clock()
    calls = (clock.work("a", 2.0), clock.work("b", 4.0))
    times = alternated(calls, Pace(3, 3, 0), clock=clock)
    assert times.tolist() == [[2.0, 4.0]] * 3
    assert "".join(clock.done) == "ab" + "ababab"


def test_short_calls_are_repeated_within_a_reading() -> None:
    clock = Clock()
    times = alternated(
        (clock.work("a", SHORTEST / 4), clock.work("b", 9.0)), Pace(2, 2), clock=clock
    )
    assert times == pytest.approx(np.array([[SHORTEST / 4, 9.0]] * 2))
    assert "".join(clock.done).endswith("aaaab" * 2)


def test_what_comes_before_a_reading_is_not_timed() -> None:
    clock = Clock()
    before = clock.work("-", 100.0)
    times = alternated((clock.work("a", 3.0),), Pace(2, 2), before=before, clock=clock)
    assert times.tolist() == [[3.0], [3.0]]
    assert "".join(clock.done) == "-a" * 3


@pytest.mark.parametrize(
    ("pace", "seconds", "rounds"),
    [
        (Pace(2, 5, 100.0), 1.0, 5),
        (Pace(2, 5, 3.5), 1.0, 4),
        (Pace(4, 5, 0.0), 1.0, 4),
        (Pace(7, 25, 4.0, 60.0), 100.0, 3),
        (Pace(2, 25, 4.0, 60.0), 100.0, 2),
    ],
)
def test_rounds_by_number_and_by_time(pace: Pace, seconds: float, rounds: int) -> None:
    clock = Clock()
    assert len(alternated((clock.work("a", seconds),), pace, clock=clock)) == rounds


def test_a_ratio_is_taken_round_by_round() -> None:
    # The third round is ten times slower for both: the ratio of the medians would be 1.
    ours, others = [1.0, 3.0, 20.0], [2.0, 6.0, 40.0]
    assert ratio(ours, others) == Spread(0.5, 0.5, 0.5)


def test_the_quartiles_are_those_of_the_sorted_figures() -> None:
    assert spread([50, 10, 40, 20, 30]) == Spread(30.0, 20.0, 40.0)
    assert spread([1, 2]) == Spread(1.5, 1.25, 1.75)


def test_the_exponent_is_the_power() -> None:
    sizes = np.array([0.15, 1, 12, 100])
    rounds = np.array([[3.0], [7.0]]) * sizes**1.25
    assert exponent(sizes, rounds).median == pytest.approx(1.25)
    assert exponent(sizes, np.full((2, 4), 5.0)).median == pytest.approx(0, abs=1e-12)


def test_numbers_are_short() -> None:
    assert str(Spread(0.3141, 0.3, 12.34)) == "0.31 (0.30–12)"
    assert [short(number) for number in (0.00812, 0.05, 1.0, 9.999, 131.0)] == [
        "0.0081", "0.050", "1.00", "10.00", "131",
    ]  # fmt: skip
