"""The program as a whole: its help, what it loads to start, and what a shell completes."""

from __future__ import annotations

import errno
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import click
import cv2
import numpy as np
import pytest
from click.testing import CliRunner

import filt
from filt.cli import COMMANDS, FiltGroup, main
from filt.filters.borders import BORDERS
from filt.filters.catalogue import ALIASES
from filt.filters.colour import CHANNELS
from filt.filters.registry import FILTERS
from filt.filters.showing import SHOWS
from filt.filters.sizes import MODES
from filt.learned.named_banks import BANKS

HEAVY = ("scipy", "matplotlib", "tensorflow", "keras", "h5py", "jinja2", "pandas", "skimage")


def said(*words, code=0):
    result = CliRunner().invoke(main, words, prog_name="filt", catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.stdout


def modules_after(program, folder, *words):
    """The top-level modules that a fresh interpreter has imported at its exit."""
    ending = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('modules', *{name.split('.')[0] for name in sys.modules},"
        " file=sys.stderr))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", ending + program, *words],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("modules ")]
    return set(line.split()[1:])


# --- help ---------------------------------------------------------------------------------------


def test_help_names_every_command_and_shows_examples():
    text = said("--help")
    for name in COMMANDS:
        assert re.search(rf"(?m)^  {name}  ", text), name
    for example in re.findall(r"(?m)^  filt (\w+)", text):
        assert example in COMMANDS
    assert "filt apply sobel-x photo.png" in text
    assert said("-h") == text


def test_help_does_not_break_a_name_apart():
    # A pipeline that is wrapped at its hyphen cannot be copied.
    assert "gaussian-blur:sigma=2+sobel" in said("--help")


def test_the_summary_of_a_command_is_whole():
    text = said("--help")
    commands = text[text.index("Commands:") :]
    assert "..." not in commands


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_every_option_a_word_of_it(name):
    text = said(name, "--help")
    assert text.startswith(f"Usage: filt {name} ")
    command = main.get_command(click.Context(main), name)
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert max(parameter.opts, key=len) in text
            assert parameter.help or isinstance(parameter.type, click.Choice)
    assert said(name, "-h") == text


def test_the_help_of_apply_names_every_choice():
    text = " ".join(said("apply", "--help").split())
    for choice in (*SHOWS, "raw", *CHANNELS, *MODES, *BORDERS, "correlate", "convolve"):
        assert choice in text
    for default in ("correlate", "same", "reflect101"):
        assert f"[default: {default}" in text


def test_without_a_command_it_helps():
    result = CliRunner().invoke(main, [], prog_name="filt")
    assert "Commands:" in result.output


def test_version():
    assert said("--version") == f"filt, version {filt.__version__}\n"


def test_every_command_is_found_where_the_table_says():
    context = click.Context(main)
    assert main.list_commands(context) == list(COMMANDS)
    for name in COMMANDS:
        assert main.get_command(context, name).name == name
    assert main.get_command(context, "nothing") is None


# --- what it loads to start ---------------------------------------------------------------------


def test_importing_filt_loads_nothing_heavy(tmp_path):
    loaded = modules_after("import filt", tmp_path)
    assert not loaded & {*HEAVY, "PIL", "click", "numpy", "cv2"}
    assert "filt" in loaded


def test_loading_the_command_line_loads_no_command(tmp_path):
    program = (
        "import filt.cli, sys; "
        "assert not [m for m in sys.modules if m.startswith('filt.commands.')"
        " and m != 'filt.commands.options'], sorted(sys.modules)"
    )
    assert not modules_after(program, tmp_path) & {*HEAVY, "PIL"}


@pytest.mark.parametrize(
    "words",
    [
        "apply sobel-x photo.png",
        "apply gaussian:sigma=8+canny photo.png -o raw.npy",
        "list",
        "show gabor",
    ],
)
def test_apply_list_and_show_start_fast(tmp_path, words):
    assert cv2.imwrite(str(tmp_path / "photo.png"), np.zeros((20, 20, 3), np.uint8))
    program = "from filt.cli import main; main(prog_name='filt')"
    loaded = modules_after(program, tmp_path, *words.split())
    assert not loaded & {*HEAVY, "PIL"}


def test_no_bank_is_called_as_a_filter():
    # So what is learned need not be loaded to know a handcrafted name.
    assert not {*BANKS} & {*FILTERS, *ALIASES}


def test_the_console_command_is_installed(tmp_path):
    script = shutil.which("filt", path=str(Path(sys.executable).parent))
    if script is None:
        pytest.skip("filt is not installed as a console command here")
    assert cv2.imwrite(str(tmp_path / "photo.png"), np.full((4, 5), 9, np.uint8))
    result = subprocess.run(
        [script, "apply", "sobel-x", "photo.png"],
        cwd=tmp_path, capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (0, b"")
    assert not cv2.imread(str(tmp_path / "photo.sobel-x.png"), -1).any()


# --- what a shell completes ---------------------------------------------------------------------


def completed(shell, *words):
    """What the shell is offered for the last of `words`."""
    result = subprocess.run(
        [sys.executable, "-c", "from filt.cli import main; main(prog_name='filt')"],
        env={
            **os.environ,
            "_FILT_COMPLETE": f"{shell}_complete",
            "COMP_WORDS": " ".join(["filt", *words]),
            "COMP_CWORD": str(len(words)),
        },
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert result.stderr == ""
    return result.stdout


def values(*words):
    return [line.partition(",")[2] for line in completed("bash", *words).splitlines()]


def test_bash_completes_names():
    assert set(values("apply", "sobel-")) == {"sobel-x", "sobel-y"}
    assert set(values("apply", "gaussian-blur+")) == {
        f"gaussian-blur+{name}" for name in (*FILTERS, *ALIASES, *BANKS)
    }


def test_zsh_completes_names_with_their_meaning():
    lines = completed("zsh", "show", "gaussian:sigma=2+sobel-x").splitlines()
    kind, value, meaning = lines
    assert kind == "plain"
    assert value.replace("\\", "") == "gaussian:sigma=2+sobel-x"
    assert meaning == FILTERS["sobel-x"].meaning


def offered(command, *words):
    """What is offered for the last of `words`, through Click itself."""
    from click.shell_completion import ShellComplete

    complete = ShellComplete(main, {}, "filt", "_FILT_COMPLETE")
    return [item.value for item in complete.get_completions([command, *words[:-1]], words[-1])]


def test_every_command_that_takes_a_name_completes_it():
    every = {*FILTERS, *ALIASES, *BANKS}
    for command in ("apply", "show", "explain"):
        assert set(offered(command, "")) == every
    assert set(offered("sheet", "photo.png", "")) == every
    assert offered("apply", "canny+sobel-y") == ["canny+sobel-y"]
    assert offered("apply", "nothing") == []
    assert offered("show", "learned-notes:3") == [f"learned-notes:{n}" for n in (3, 30, 31)]


def test_commands_and_choices_complete():
    assert set(offered("apply", "box", "--show", "")) == {*SHOWS, "raw"}
    assert set(offered("apply", "box", "--op", "")) == {"correlate", "convolve"}
    assert "sobel-x" not in offered("size", "")


@pytest.mark.parametrize("command", ["apply", "explain"])
def test_borders_complete(command):
    assert set(offered(command, "box", "--border", "")) == set(BORDERS)


def test_families_complete():
    families = {recipe.family for recipe in FILTERS.values()}
    assert set(offered("list", "--family", "")) == {*families, "learned"}


def test_the_script_for_the_shell_is_there():
    result = subprocess.run(
        [sys.executable, "-c", "from filt.cli import main; main(prog_name='filt')"],
        env={**os.environ, "_FILT_COMPLETE": "zsh_source"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert "_FILT_COMPLETE=zsh_complete" in result.stdout


# --- what goes wrong while a command runs -------------------------------------------------------


def ended(work):
    """Exit code and standard error of a program whose only command does `work`."""
    group = FiltGroup("filt")
    group.get_command = lambda context, name: click.Command(name, callback=work)
    result = CliRunner().invoke(group, ["work"], prog_name="filt")
    return result.exit_code, result.stderr


def failing(error):
    def work():
        raise error

    return work


def test_memory_that_runs_out_is_one_line():
    assert ended(failing(MemoryError())) == (1, "Error: not enough memory\n")


def test_a_full_standard_output_is_one_line():
    full = OSError(errno.ENOSPC, "No space left on device")
    assert ended(failing(full)) == (1, "Error: standard output: no space left on device\n")


def test_a_reader_that_went_away_is_no_error_to_tell():
    code, said = ended(failing(BrokenPipeError(errno.EPIPE, "Broken pipe")))
    assert code != 0
    assert said == ""


posix = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")


@posix
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_ends_the_program_after_what_is_half_done_is_taken_away(name):
    number, taken_away = getattr(signal, name), []

    def work():
        try:
            os.kill(os.getpid(), number)
            taken_away.append("too late")
        finally:
            taken_away.append("temporary file")

    # nohup has had SIGHUP ignored, and what is ignored stays so.
    before = signal.signal(number, signal.SIG_DFL)
    try:
        assert ended(work) == (128 + number, f"Error: ended by {name}\n")
        assert taken_away == ["temporary file"]
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, before)


@posix
def test_a_signal_that_somebody_sees_to_is_theirs():
    seen = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    try:
        assert ended(lambda: os.kill(os.getpid(), signal.SIGTERM)) == (0, "")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [signal.SIGTERM]


def test_in_another_thread_no_signal_is_asked_for():
    codes = []
    thread = threading.Thread(target=lambda: codes.append(ended(lambda: None)))
    thread.start()
    thread.join()
    assert codes == [(0, "")]


def test_a_terminal_without_a_letter_shows_a_question_mark(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, "ascii", write_through=True))
    monkeypatch.setattr("sys.stderr", io.StringIO())  # no terminal at all: left alone
    group = FiltGroup("filt")
    group.get_command = lambda context, name: click.Command(name, callback=lambda: print("5 × σ"))
    group.main(["work"], prog_name="filt", standalone_mode=False)
    assert written.getvalue() == b"5 ? ?\n"
