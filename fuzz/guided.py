"""Fuzzing guided by coverage: Atheris, which keeps every input that reaches new code."""

from __future__ import annotations

import sys
from pathlib import Path

from .bounds import MEMORY, SECONDS

_BESIDE = 500_000_000
"""Bytes that Python, its libraries and the fuzzer itself take."""


def fuzz_guided(name: str, seconds: float, seed: int, corpus: Path, findings: Path) -> None:
    """Fuzz the target for so long. Ends the process: with 0, or with another code and a finding.

    corpus: a folder that what is worth keeping is added to.
    """
    import atheris

    with atheris.instrument_imports(include=["filt"]):
        from .targets import TARGETS

        target = TARGETS[name]
        for number, data in enumerate(target.seeds()):
            (corpus / f"seed-{number}").write_bytes(data)
            target.check(data)  # imports what only this format needs, so that it is watched too
    words = findings / "words.txt"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words), "ascii")
    options = [
        f"-max_total_time={max(1, round(seconds))}",
        f"-max_len={target.longest}",
        f"-seed={seed or 1}",
        f"-timeout={SECONDS}",
        f"-rss_limit_mb={(MEMORY + _BESIDE) // 1_000_000}",
        f"-dict={words}",
        f"-artifact_prefix={findings}/",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], target.check)
    atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)
