"""Threads: every task once, whoever does it; errors, interrupts and forks leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from oracles import assert_close, correlate_by_definition
from strip_oracles import numbers

from filt.filters.correlation import correlate
from filt.filters.engine import (
    Lay,
    Pixels,
    alone,
    computed,
    correlated,
    get_threads,
    set_threads,
    share_out,
)
from filt.filters.errors import InputError

WAIT = 30
"""Seconds after which a thread that should have come is given up: not reached where all is well."""


@pytest.fixture(autouse=True)
def _as_before(monkeypatch):
    """Each test starts without a number of threads, and leaves OpenCV as it was."""
    monkeypatch.delenv("FILT_THREADS", raising=False)
    before = cv2.getNumThreads()
    set_threads(None)
    yield
    set_threads(None)
    cv2.setNumThreads(before)


@pytest.fixture
def thin_strips(monkeypatch):
    """Strips of a few rows, so that small pictures have many."""
    monkeypatch.setattr("filt.filters.engine.rows.strip_height", lambda rows: 5)


class TestSharing:
    @pytest.mark.parametrize("threads", range(1, 9))
    @pytest.mark.parametrize("count", [0, 1, 2, 3, 8, 9, 200])
    def test_every_task_is_done_once(self, threads, count):
        set_threads(threads)
        done = []
        share_out(range(count), done.append)
        assert sorted(done) == list(range(count))

    def test_tasks_may_be_equal_or_none(self):
        set_threads(3)
        done = []
        share_out([None, None, 0, 0], done.append)
        assert sorted(done, key=str) == [0, 0, None, None]

    @pytest.mark.parametrize("threads", [2, 3, 8])
    def test_as_many_tasks_run_at_once_as_there_are_threads(self, threads):
        set_threads(threads)
        together = threading.Barrier(threads)
        share_out(range(threads), lambda task: together.wait(WAIT))

    def test_the_caller_works_too(self):
        set_threads(2)
        together, who = threading.Barrier(2), set()

        def work(task):
            together.wait(WAIT)
            who.add(threading.get_ident())

        share_out(range(2), work)
        assert threading.get_ident() in who
        assert len(who) == 2

    def test_more_threads_than_before_is_a_larger_pool(self):
        for threads in (2, 6, 3, 8):
            set_threads(threads)
            together = threading.Barrier(threads)
            share_out(range(threads), lambda task, all_of=together: all_of.wait(WAIT))

    def test_one_thread_works_in_order_in_the_caller(self):
        set_threads(1)
        done = []
        share_out(range(5), lambda task: done.append((task, threading.get_ident())))
        assert done == [(task, threading.get_ident()) for task in range(5)]


class TestNested:
    def test_what_a_worker_shares_out_it_does_itself(self):
        set_threads(4)
        seen = []

        def outer(task):
            def inner(part):
                seen.append((task, part, here, threading.get_ident()))

            here = threading.get_ident()
            share_out(range(3), inner)

        share_out(range(6), outer)
        assert sorted(entry[:2] for entry in seen) == [(t, p) for t in range(6) for p in range(3)]
        assert all(worker == inside for _, _, worker, inside in seen)

    def test_three_deep(self):
        set_threads(3)
        done = []

        def within(depth):
            return lambda task: (
                done.append(task) if not depth else share_out([1, 1], within(depth - 1))
            )

        share_out([1, 1], within(2))
        assert len(done) == 8

    def test_a_picture_filtered_by_every_worker(self, thin_strips):
        set_threads(4)
        picture, taps = numbers((40, 9)), numbers((3, 5), np.float64, 1)
        expected, results = correlate(picture, taps), [None] * 6

        def work(task):
            results[task] = correlate(picture, taps)

        share_out(range(6), work)
        for result in results:
            np.testing.assert_array_equal(result, expected)


class TestAlone:
    def test_all_is_done_by_the_caller(self):
        set_threads(4)
        who = set()
        with alone():
            share_out(range(20), lambda task: who.add(threading.get_ident()))
        assert who == {threading.get_ident()}

    def test_ends_with_the_block_also_after_an_error_and_when_nested(self):
        set_threads(2)
        with pytest.raises(ZeroDivisionError), alone(), alone():
            share_out(range(2), lambda task: 1 / 0)
        together = threading.Barrier(2)
        share_out(range(2), lambda task: together.wait(WAIT))

    def test_inside_a_block_within_a_block_it_still_holds(self):
        set_threads(2)
        who = set()
        with alone():
            with alone():
                pass
            share_out(range(20), lambda task: who.add(threading.get_ident()))
        assert who == {threading.get_ident()}

    def test_holds_for_one_thread_only(self):
        set_threads(2)
        together = threading.Barrier(2)
        with alone(), ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(share_out, range(2), lambda task: together.wait(WAIT)).result(WAIT)


class TestSameBits:
    @pytest.mark.parametrize(
        "taps",
        [
            numbers((3, 4), np.float64),
            np.outer(numbers(11, np.float64), numbers(9, np.float64, 1)),
            np.full((6, 7), 1 / 42),
            numbers((17, 19), np.float64),
        ],
        ids=["direct", "two-passes", "running-sums", "fourier"],
    )
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("shape", [(83, 41), (83, 41, 3), (60, 7, 5)])
    def test_however_many_threads(self, thin_strips, taps, dtype, shape):
        picture = numbers(shape, dtype)
        rows, columns = taps.shape
        lay = Lay((rows // 2, columns // 2), ((rows - 1) // 2, (columns - 1) // 2), "symmetric")
        stage = correlated(Pixels(picture, picture.dtype), [taps], lay)
        results = []
        for threads in range(1, 9):
            set_threads(threads)
            results.append(computed(stage).tobytes())
        assert len(set(results)) == 1
        expected = correlate_by_definition(picture, taps, border="symmetric")
        assert_close(computed(stage), expected, picture, taps)

    def test_the_threads_of_opencv_do_not_matter_either(self):
        picture, taps = numbers((300, 200)), numbers((5, 5), np.float64, 1)
        set_threads(1)
        results = []
        for threads in (1, 2, 5):
            cv2.setNumThreads(threads)
            results.append(correlate(picture, taps).tobytes())
        assert len(set(results)) == 1

    def test_several_python_threads_at_once(self, thin_strips):
        set_threads(3)
        cv2.setNumThreads(2)
        cases = [
            (numbers((50 + n, 21), seed=n), numbers((2 + n % 5, 3 + n % 4), np.float64, n + 50))
            for n in range(24)
        ]
        expected = [correlate(picture, taps) for picture, taps in cases]
        together = threading.Barrier(6)

        def repeatedly(first):
            together.wait(WAIT)
            return [correlate(*case) for case in cases[first:] + cases[:first]]

        with ThreadPoolExecutor(6) as pool:
            found = list(pool.map(repeatedly, range(6)))
        for first, results in enumerate(found):
            for result, right in zip(results, expected[first:] + expected[:first], strict=True):
                np.testing.assert_array_equal(result, right)
        assert cv2.getNumThreads() == 2


class TestErrors:
    @pytest.mark.parametrize("threads", [1, 2, 5])
    @pytest.mark.parametrize("wrong", [0, 7, 99])
    def test_the_error_of_a_task_is_raised_in_the_caller(self, threads, wrong):
        set_threads(threads)

        def work(task):
            if task == wrong:
                raise KeyError(task)

        with pytest.raises(KeyError, match=str(wrong)):
            share_out(range(100), work)

    def test_the_error_of_another_thread_is_raised_in_the_caller(self):
        set_threads(2)
        caller, together = threading.get_ident(), threading.Barrier(2)

        def work(task):
            together.wait(WAIT)
            if threading.get_ident() != caller:
                raise KeyError("elsewhere")

        with pytest.raises(KeyError, match="elsewhere"):
            share_out(range(2), work)

    def test_nothing_is_begun_after_it_and_what_was_begun_is_finished(self):
        set_threads(2)
        caller, together, goes_on = threading.get_ident(), threading.Barrier(2), threading.Event()
        done = []

        def work(task):
            done.append(task)
            if task > 1:
                return
            together.wait(WAIT)
            if threading.get_ident() == caller:
                # Only once the error is on its way may the other thread go on.
                threading.Timer(0.05, goes_on.set).start()
                raise KeyError(task)
            assert goes_on.wait(WAIT)
            done.append("finished")

        with pytest.raises(KeyError):
            share_out(range(1000), work)
        assert "finished" in done
        assert len(done) == 3

    @pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
    def test_errors_that_are_no_exceptions_end_it_too(self, error):
        set_threads(3)
        done = []

        def work(task):
            done.append(task)
            raise error

        with pytest.raises(error):
            share_out(range(1000), work)
        assert len(done) <= 3

    def test_leaves_the_pool_in_order(self):
        set_threads(3)
        for _ in range(20):
            with pytest.raises(ZeroDivisionError):
                share_out(range(10), lambda task: 1 / 0)
            together = threading.Barrier(3)
            share_out(range(3), lambda task, all_of=together: all_of.wait(WAIT))

    def test_ctrl_c_ends_it(self):
        set_threads(2)
        together, done = threading.Barrier(2), []
        caller = threading.get_ident()

        def work(task):
            done.append(task)
            if task < 2:
                together.wait(WAIT)
            if threading.get_ident() == caller:
                signal.raise_signal(signal.SIGINT)

        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with pytest.raises(KeyboardInterrupt):
                share_out(range(10**7), work)
        finally:
            signal.signal(signal.SIGINT, before)
        count = len(done)
        assert count < 10**7
        share_out(range(4), lambda task: None)
        assert len(done) == count

    def test_ctrl_c_while_the_caller_waits_for_the_others(self):
        set_threads(2)
        together, released, finished = threading.Barrier(2), threading.Event(), []
        caller = threading.get_ident()

        def work(task):
            together.wait(WAIT)
            if threading.get_ident() != caller:
                # By then the caller has nothing left to do but wait.
                threading.Timer(0.1, signal.pthread_kill, (caller, signal.SIGINT)).start()
                threading.Timer(0.3, released.set).start()
                assert released.wait(WAIT)
                finished.append(task)

        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with pytest.raises(KeyboardInterrupt):
                share_out(range(2), work)
        finally:
            signal.signal(signal.SIGINT, before)
        # What was begun writes into the caller's array: it must not be running any more.
        assert len(finished) == 1

    @pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
    def test_who_waits_for_the_caller_is_let_go_when_a_signal_ends_it(self, error):
        """One task waits for another's; the signal comes when the caller has nothing left to do."""
        set_threads(2)
        together, halted = threading.Barrier(2), threading.Event()
        caller = threading.get_ident()

        def work(task):
            together.wait(WAIT)
            if threading.get_ident() != caller:
                threading.Timer(0.1, signal.pthread_kill, (caller, signal.SIGINT)).start()
                assert halted.wait(WAIT)

        def ends(number, frame):
            raise error

        before = signal.signal(signal.SIGINT, ends)
        try:
            with pytest.raises(error):
                share_out(range(2), work, halted.set)
        finally:
            signal.signal(signal.SIGINT, before)
        assert halted.is_set()


class TestOpenCVsOwnThreads:
    @pytest.mark.parametrize("asked", [1, 2, 3, 7])
    @pytest.mark.parametrize("threads", [1, 2, 4])
    def test_are_as_many_as_before(self, asked, threads):
        set_threads(threads)
        cv2.setNumThreads(asked)
        share_out(range(9), lambda task: None)
        assert cv2.getNumThreads() == asked

    def test_are_as_many_as_before_after_an_error(self):
        set_threads(3)
        cv2.setNumThreads(5)
        with pytest.raises(ZeroDivisionError):
            share_out(range(9), lambda task: 1 / 0)
        assert cv2.getNumThreads() == 5

    def test_are_one_while_strips_are_shared_out(self):
        set_threads(2)
        cv2.setNumThreads(4)
        seen = []
        share_out(range(9), lambda task: seen.append(cv2.getNumThreads()))
        assert set(seen) == {1}

    def test_are_as_before_once_the_last_of_several_callers_is_done(self):
        set_threads(2)
        cv2.setNumThreads(6)
        together = threading.Barrier(4)

        def call(number):
            together.wait(WAIT)
            for _ in range(50):
                share_out(range(3), lambda task: None)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(call, range(4)))
        assert cv2.getNumThreads() == 6


class TestHowMany:
    def test_as_many_as_processors(self):
        there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        assert get_threads() == there

    @pytest.mark.parametrize(("text", "count"), [("1", 1), ("3", 3), (" 12 ", 12), ("007", 7)])
    def test_as_the_environment_says(self, monkeypatch, text, count):
        monkeypatch.setenv("FILT_THREADS", text)
        assert get_threads() == count

    @pytest.mark.parametrize("text", ["", "   "])
    def test_an_empty_variable_says_nothing(self, monkeypatch, text):
        expected = get_threads()
        monkeypatch.setenv("FILT_THREADS", text)
        assert get_threads() == expected

    @pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "2 threads", "²", "0x2", "1e1"])
    def test_the_environment_must_say_a_number(self, monkeypatch, text):
        monkeypatch.setenv("FILT_THREADS", text)
        with pytest.raises(InputError, match="FILT_THREADS must be a whole number of at least 1"):
            get_threads()
        with pytest.raises(InputError, match="FILT_THREADS"):
            share_out(range(3), lambda task: None)

    def test_what_the_program_says_goes_before_the_environment(self, monkeypatch):
        monkeypatch.setenv("FILT_THREADS", "nonsense")
        set_threads(2)
        assert get_threads() == 2
        set_threads(None)
        with pytest.raises(InputError):
            get_threads()

    @pytest.mark.parametrize("count", [0, -1])
    def test_no_thread_is_too_few(self, count):
        with pytest.raises(InputError, match="threads must be at least 1"):
            set_threads(count)

    @pytest.mark.parametrize("count", [1.5, "2", True, [2]])
    def test_half_a_thread_is_none(self, count):
        with pytest.raises(TypeError, match="threads must be a whole number"):
            set_threads(count)

    def test_what_was_wrong_changes_nothing(self):
        set_threads(3)
        with pytest.raises(InputError):
            set_threads(0)
        assert get_threads() == 3

    def test_a_huge_number_starts_no_more_threads_than_there_are_tasks(self):
        set_threads(10**9)
        done = []
        share_out(range(5), done.append)
        assert sorted(done) == list(range(5))


def run(program):
    """What a program prints, in a process of its own; one that hangs fails."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout


BEGINNING = """
import os, sys, threading
import cv2, numpy as np
import filt.filters.engine.rows as rows
from filt.filters.correlation import correlate
from filt.filters.engine import get_threads, set_threads, share_out
rows.strip_height = lambda picture: 4
picture = np.random.default_rng(0).normal(size=(90, 50)).astype(np.float32)
taps = np.random.default_rng(1).normal(size=(5, 4))
set_threads(3)
expected = correlate(picture, taps)
def right():
    return np.array_equal(correlate(picture, taps), expected)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
class TestForked:
    def test_a_child_has_a_pool_of_its_own(self):
        assert run(
            BEGINNING
            + """
child = os.fork()
if not child:
    together = threading.Barrier(3)
    share_out(range(3), lambda task: together.wait(30))
    os._exit(0 if right() and get_threads() == 3 else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), right())
"""
        ).split() == ["0", "True"]

    def test_a_child_of_a_child(self):
        assert run(
            BEGINNING
            + """
child = os.fork()
if not child:
    good = right()
    child = os.fork()
    if not child:
        os._exit(0 if right() else 1)
    os._exit(0 if good and not os.waitpid(child, 0)[1] else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), right())
"""
        ).split() == ["0", "True"]

    def test_a_child_that_is_forked_while_strips_are_shared_out(self):
        """Locks may be held then, and OpenCV has one thread."""
        assert (
            run(
                BEGINNING
                + """
cv2.setNumThreads(2)
codes = []
def work(task):
    if task % 4:
        return right()
    child = os.fork()
    if not child:
        os._exit(0 if right() and cv2.getNumThreads() == 2 else 1)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
share_out(range(16), work)
print(codes, right(), cv2.getNumThreads())
"""
            ).strip()
            == "[0, 0, 0, 0] True 2"
        )

    def test_a_pool_of_forked_processes(self):
        assert run(
            BEGINNING
            + """
import multiprocessing
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(all(pool.apply(right) for _ in range(4)), right())
"""
        ).split() == ["True", "True"]


class TestAtTheEnd:
    def test_a_process_that_filtered_ends(self):
        assert run(BEGINNING + "print(right())").split() == ["True"]

    def test_filters_work_while_the_interpreter_ends(self):
        """No thread can be started then."""
        assert run(
            BEGINNING
            + """
import atexit
set_threads(6)
atexit.register(lambda: print(right()))
"""
        ).split() == ["True"]

    def test_a_picture_filtered_in_a_thread_that_outlives_the_main_one(self):
        assert run(
            BEGINNING
            + """
def later():
    threading.main_thread().join()
    set_threads(6)
    print(right())
threading.Thread(target=later).start()
"""
        ).split() == ["True"]
