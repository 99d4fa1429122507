"""Fuzz what reads bytes from strangers: pictures, names, models.

    python -m fuzz image --minutes 5
    python -m fuzz names --minutes 5
    python -m fuzz models --minutes 5 --plain
    python -m fuzz image --again findings/crash-…

Guided by coverage where Atheris is installed; otherwise, and with --plain, by chance alone. What is
found is kept as a file, and the code is 0 only where nothing is found.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

NAMES = ("image", "names", "models")


def main() -> int:
    """Do what the words ask for; the code to exit with."""
    words = _parser().parse_args()
    if words.again:
        from .bounds import bounded
        from .targets import TARGETS

        bounded(TARGETS[words.target].check, words.again.read_bytes())
        print("nothing found")
        return 0
    findings = words.findings or Path(tempfile.mkdtemp(prefix="filt-findings-"))
    findings.mkdir(parents=True, exist_ok=True)
    print(f"findings, if any: {findings}", flush=True)
    seconds = words.minutes * 60
    if words.plain or find_spec("atheris") is None:
        return _plainly(words.target, seconds, words.seed, findings)
    from .guided import fuzz_guided

    corpus = words.corpus or Path(tempfile.mkdtemp(prefix="filt-corpus-"))
    corpus.mkdir(parents=True, exist_ok=True)
    fuzz_guided(words.target, seconds, words.seed, corpus, findings)
    return 0


def _plainly(name: str, seconds: float, seed: int, findings: Path) -> int:
    from .plain import fuzz_plainly
    from .targets import TARGETS

    tried, found = fuzz_plainly(TARGETS[name], seconds, seed, findings)
    print(f"{tried} inputs, {found} findings")
    return 1 if found else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m fuzz", description="Fuzz what reads pictures, names or models."
    )
    parser.add_argument("target", choices=NAMES)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1, help="where chance begins")
    parser.add_argument("--plain", action="store_true", help="without a look at the coverage")
    parser.add_argument("--corpus", type=Path, help="a folder of inputs to go on from and add to")
    parser.add_argument("--findings", type=Path, help="a folder for what is found")
    parser.add_argument("--again", type=Path, metavar="FILE", help="only this input, once more")
    return parser


if __name__ == "__main__":
    sys.exit(main())
