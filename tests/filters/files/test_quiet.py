"""What decoders say on descriptor 2: heard, kept from the terminal, told from other voices."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from filt.filters.files.disk import DamagedError
from filt.filters.files.listening import by_oneself
from filt.filters.files.quiet import decode_with_opencv, decoded, quietly


def damaged_jpeg() -> bytes:
    """A JPEG with a run of zeros in its data: libjpeg decodes it and says that it is corrupt."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    data = bytearray(cv2.imencode(".jpg", noise)[1].tobytes())
    middle = len(data) // 2
    data[middle : middle + 60] = bytes(60)
    return bytes(data)


def test_result_and_silence() -> None:
    assert quietly(lambda: 42) == (42, False)


def test_complaint_is_heard_and_not_shown(capfd: pytest.CaptureFixture[str]) -> None:
    assert quietly(lambda: os.write(2, b"Corrupt data\n"))[1]
    assert capfd.readouterr().err == ""


def test_a_voice_that_speaks_once_is_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    lines = [b"progress 1\n", b"progress 2\n"]
    _, complained = quietly(lambda: os.write(2, lines.pop(0)))
    assert not complained
    assert capfd.readouterr().err == "progress 1\nprogress 2\n"


def test_complaint_and_foreign_voice_together(capfd: pytest.CaptureFixture[str]) -> None:
    lines = [b"progress 1\nCorrupt data\n", b"Corrupt data\n"]
    _, complained = quietly(lambda: os.write(2, lines.pop(0)))
    assert complained
    assert capfd.readouterr().err == "progress 1\n"


def test_more_than_a_pipe_holds_does_not_block() -> None:
    def talk() -> None:
        for _ in range(3000):
            try:
                os.write(2, b"x" * 99 + b"\n")
            except BlockingIOError:
                return

    assert quietly(talk)[1]


def test_another_thread_keeps_its_lines(capfd: pytest.CaptureFixture[str]) -> None:
    good = cv2.imencode(".png", np.arange(12, dtype=np.uint8).reshape(3, 4))[1].tobytes()
    lines = [f"progress {number}\n" for number in range(2000)]

    def report() -> None:
        for line in lines:
            os.write(2, line.encode())

    thread = threading.Thread(target=report)
    thread.start()
    while thread.is_alive():
        assert decode_with_opencv(good).shape == (3, 4)
    thread.join()
    assert sorted(capfd.readouterr().err.splitlines(keepends=True)) == sorted(lines)


def test_exceptions_pass_and_descriptor_2_is_back(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError):
        quietly(lambda: 1 // 0)
    os.write(2, b"still there\n")
    assert capfd.readouterr().err == "still there\n"


def test_no_descriptor_leaks() -> None:
    def highest() -> int:
        descriptor = os.dup(2)
        os.close(descriptor)
        return descriptor

    before = highest()
    for _ in range(5):
        quietly(lambda: os.write(2, b"complaint\n"))
        with pytest.raises(ZeroDivisionError):
            quietly(lambda: 1 // 0)
    assert highest() == before


def test_log_level_of_opencv_is_left_alone(capfd: pytest.CaptureFixture[str]) -> None:
    logging = cv2 if hasattr(cv2, "setLogLevel") else cv2.utils.logging  # OpenCV 4 and 5
    debug, before = 5, logging.getLogLevel()
    logging.setLogLevel(debug)
    try:
        with pytest.raises(DamagedError):
            decode_with_opencv(b"II*\0 and no TIFF at all")
        assert logging.getLogLevel() == debug
    finally:
        logging.setLogLevel(before)
    assert capfd.readouterr() == ("", "")


def test_decoder_that_warns_has_not_read_the_file(capfd: pytest.CaptureFixture[str]) -> None:
    data = damaged_jpeg()
    assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) is not None
    assert "Corrupt JPEG data" in capfd.readouterr().err
    with pytest.raises(DamagedError):
        decode_with_opencv(data)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("failing", [lambda: None, lambda: 1 // 0, lambda: cv2.imencode("", None)])
def test_decoder_that_fails(failing: object) -> None:
    with pytest.raises(DamagedError):
        decoded(failing)  # type: ignore[arg-type]


def test_out_of_memory_is_not_damage() -> None:
    def exhausted() -> None:
        raise MemoryError

    with pytest.raises(MemoryError):
        decoded(exhausted)


@pytest.mark.skipif(sys.platform == "win32", reason="closes a POSIX descriptor")
@pytest.mark.parametrize("closed", [(2,), (0, 2)])
def test_without_standard_error(tmp_path: Path, closed: tuple[int, ...]) -> None:
    (tmp_path / "damaged.jpg").write_bytes(damaged_jpeg())
    script = f"""
import os
from filt.filters.files.reading import read_image
for descriptor in {closed}:
    os.close(descriptor)
try:
    read_image("damaged.jpg")
except OSError as error:
    print(error)
try:
    os.fstat(2)
except OSError:
    print("still closed")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "damaged.jpg: truncated or corrupt JPEG\nstill closed\n"


@pytest.mark.skipif(sys.platform == "win32", reason="closes a POSIX descriptor")
@pytest.mark.parametrize("closed", [(2,), (0, 2)])
def test_standard_error_that_is_closed_stays_closed(closed: tuple[int, ...]) -> None:
    kept = {descriptor: os.dup(descriptor) for descriptor in closed}
    try:
        for descriptor in closed:
            os.close(descriptor)
        complained = quietly(lambda: os.write(2, b"Corrupt data\n"))[1]
        still = []
        for descriptor in closed:
            try:
                os.fstat(descriptor)
            except OSError:
                still.append(descriptor)
    finally:
        for descriptor, copy in kept.items():
            os.dup2(copy, descriptor)
            os.close(copy)
    assert complained
    assert still == [*closed]


def test_decoders_listen_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=30)
    found: list[tuple[int, bool]] = []

    def decode() -> int:
        return meeting.wait() * 0 + 7

    threads = [threading.Thread(target=lambda: found.append(quietly(decode))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [(7, False), (7, False)]


def test_of_decoders_at_the_same_time_only_the_one_that_complains_is_at_fault(
    capfd: pytest.CaptureFixture[str],
) -> None:
    meeting = threading.Barrier(3, timeout=30)
    came: set[str] = set()
    found: dict[str, bool] = {}

    def meet(name: str) -> None:  # the first time only: later each is asked by itself
        if name not in came:
            came.add(name)
            meeting.wait()

    def bad() -> None:
        meet("bad")
        os.write(2, b"Corrupt data\n")

    def good() -> None:
        meet("good")
        os.write(2, b"")

    def noisy() -> None:
        if "noisy" not in came:
            os.write(2, b"progress\n")
        meet("noisy")

    def run(decode: object) -> None:
        found[decode.__name__] = quietly(decode)[1]  # type: ignore[attr-defined, arg-type]

    threads = [threading.Thread(target=run, args=(decode,)) for decode in (bad, good, noisy)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"bad": True, "good": False, "noisy": False}
    assert capfd.readouterr().err == "progress\n"


def test_many_decoders_at_the_same_time(capfd: pytest.CaptureFixture[str]) -> None:
    good = cv2.imencode(".png", np.arange(12, dtype=np.uint8).reshape(3, 4))[1].tobytes()
    bad = damaged_jpeg()

    def is_read(data: bytes) -> bool:
        try:
            return decode_with_opencv(data).size > 0
        except DamagedError:
            return False

    files = [bad if number % 7 == 3 else good for number in range(300)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(is_read, files)) == [data is good for data in files]
    os.write(2, b"still there\n")
    assert capfd.readouterr().err == "still there\n"


def test_by_oneself_what_is_said_reaches_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    go_on = threading.Event()

    def decode() -> None:
        go_on.wait(30)

    thread = threading.Thread(target=quietly, args=(decode,))
    thread.start()
    threading.Timer(0, go_on.set).start()
    with by_oneself():
        os.write(2, b"40 %\n")
        assert capfd.readouterr().err == "40 %\n"
    thread.join()
