"""A program that has imported filt and forks a process for every command that it is sent.

A fresh interpreter takes half a second to import NumPy and OpenCV; a hundred bad inputs, each
through a process of its own, would take a minute. Requests come as lines of JSON: the arguments in
hexadecimal (they may be any bytes), the folder, and the files for standard output and standard
error. The answer is a line with the exit code and the most memory that the process had, in KB.

Arguments are modules to import first: those that the commands would import, each time anew.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from importlib import import_module

from filt.cli import main


def run(arguments: list[bytes]) -> int:
    """What a fresh interpreter would do with `arguments`: the exit code."""
    try:
        main(args=[os.fsdecode(argument) for argument in arguments], prog_name="filt")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def become(request: dict) -> None:
    """In the child: take the request's folder and files, run it, and end."""
    signal.alarm(60)
    os.chdir(request["folder"])
    for descriptor, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, request["stdout"], os.O_WRONLY | os.O_CREAT),
        (2, request["stderr"], os.O_WRONLY | os.O_CREAT),
    ):
        os.dup2(os.open(path, flags, 0o600), descriptor)
    code = 1
    try:
        code = run([bytes.fromhex(argument) for argument in request["arguments"]])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def serve() -> None:
    """Answer requests until standard input ends."""
    while line := sys.stdin.readline():
        child = os.fork()
        if child == 0:
            become(json.loads(line))
        _, status, used = os.wait4(child, 0)
        peak = used.ru_maxrss // (1024 if sys.platform == "darwin" else 1)  # bytes there
        print(os.waitstatus_to_exitcode(status), peak, flush=True)


if __name__ == "__main__":
    for module in sys.argv[1:]:
        import_module(module)
    serve()
