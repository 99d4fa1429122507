"""docs/bad-input.md, row by row: what it says of bad input is what happens to it."""

from __future__ import annotations

import ast
import os
import re
import shlex
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from bad_files import MODELS, ODD, PICTURES, PLACES, SLOW, photo
from refusals import contents, refused
from serving import serving

from filt.filters.files.reading import read_image

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs FIFOs, sockets and signals")

PAGE = (Path(__file__).parent.parent.parent / "docs" / "bad-input.md").read_text(encoding="utf-8")
MOST_MEMORY = 300 * 1024  # KB
BAD = "bad.png"


def table(heading):
    """The rows of the table under a heading: its cells, without the backticks around them."""
    (part,) = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    rows = [line.strip("|\n ").split(" | ") for line in part.splitlines() if line.startswith("|")]
    return [[re.sub(r"^`([^`]*)`$", r"\1", cell.strip()) for cell in row] for row in rows[2:]]


def pattern(message, file=""):
    """What matches an error line of this message: … stands for anything, FILE for the file."""
    parts = message.replace("FILE", file).split("…")
    return "Error: " + ".*".join(map(re.escape, parts))


def says(ended, message, file=""):
    line = ended.stderr.decode().splitlines()[-1]
    assert re.fullmatch(pattern(message, file), line), line


READING = {
    "apply": f"apply sobel-x {BAD}",
    "edges": f"edges {BAD}",
    "sheet": f"sheet {BAD}",
    "explain": f"explain sobel-x {BAD} --at 1,1",
    "compare": f"compare {BAD} --model learned",
    "score": f"score {BAD} --truth photo.png",
}
BY_ROWS = {"a PNG of 400 megapixels in 1 KB", "a TIFF of 60,000 × 60,000 in 1 KB"}
if not find_spec("numba"):
    del READING["score"]
TAKING_MODELS = {"extract": f"extract {BAD}", "compare --model": f"compare --model {BAD}"}
TRAIN = "train --model small --data classes --epochs 1"
IMPORTED = (
    "filt.learned.report.comparison",
    "filt.learned.report.photo",
    "filt.learned.matching.matching",
    "filt.filters.drawing.sheet_page",
    "scoring_warmed",
)

PLACE_ROWS = dict(table("Not a file to read"))
PICTURE_ROWS = dict(table("Pictures that are refused"))
MODEL_ROWS = dict(table("Models that are refused"))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """A server of the commands that has imported what they would import."""
    with serving(tmp_path_factory.mktemp("streams"), *IMPORTED) as ask:
        yield ask


@pytest.fixture(scope="module")
def with_keras(tmp_path_factory):
    """The same with Keras."""
    pytest.importorskip("keras")
    with serving(tmp_path_factory.mktemp("streams"), "keras") as ask:
        yield ask


@pytest.fixture
def furnished(tmp_path):
    """A folder with two good pictures, an old output, a FIFO and a link to a device."""
    photo().save(tmp_path / "photo.png")
    photo(6, 9).convert("L").save(tmp_path / "small.png")
    (tmp_path / "old.png").write_bytes(b"an older file")
    (tmp_path / "bad.sobel-x.png").write_bytes(b"an older output")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "device.png").symlink_to("/dev/null")
    return tmp_path


# --- the page and the cases ---------------------------------------------------------------------


def test_every_row_has_its_case_and_every_case_its_row():
    assert list(PLACE_ROWS) == list(PLACES)
    assert list(PICTURE_ROWS) == list(PICTURES)
    assert list(MODEL_ROWS) == list(MODELS)
    assert [row for (row,) in table("Pictures that are odd, and read")] == list(ODD)
    assert {row[0] for row in table("What the machine does")} == set(MACHINE)
    assert {row[0] for row in table("Many pictures")} == set(MANY)
    assert f"less than {MOST_MEMORY // 1024} MB" in PAGE


# --- files --------------------------------------------------------------------------------------


def check_refused(ask, folder, words, message, file=BAD):
    before = contents(folder)
    ended = ask(folder, *words.split())
    refused(ended, 1, ())
    says(ended, message, file)
    assert contents(folder) == before
    return ended


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize("row", PLACES)
def test_what_is_no_file_to_read(loaded, furnished, command, row):
    PLACES[row](furnished / BAD)
    message = PLACE_ROWS[row]
    if command == "score" and row == "a folder":
        assert "FILE: holds no pictures" in PAGE
        message = "FILE: holds no pictures"
    check_refused(loaded, furnished, READING[command], message)


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize("row", [row for row in PICTURES if row not in SLOW])
def test_a_picture_that_is_refused(loaded, furnished, command, row):
    PICTURES[row](furnished / BAD)
    message = PICTURE_ROWS[row]
    if command in {"apply", "edges"} and row in BY_ROWS:
        assert "of the two in 1 KB they say `truncated or corrupt`" in PAGE
        message = f"FILE: truncated or corrupt {row.split()[1]}"
    ended = check_refused(loaded, furnished, READING[command], message)
    assert ended.peak < MOST_MEMORY


@pytest.mark.parametrize("row", SLOW)
def test_a_picture_that_takes_long_to_refuse(loaded, furnished, row):
    PICTURES[row](furnished / BAD)
    ended = check_refused(loaded, furnished, READING["apply"], PICTURE_ROWS[row])
    assert ended.peak < MOST_MEMORY


@pytest.mark.parametrize("row", ODD)
def test_a_picture_that_is_odd_and_read(loaded, furnished, row):
    ODD[row](furnished / BAD)
    ended = loaded(furnished, *READING["apply"].split())
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.peak < MOST_MEMORY
    assert read_image(furnished / "bad.sobel-x.png").pixels.shape[:2] in ((16, 16), (4, 4))


@pytest.mark.parametrize("command", TAKING_MODELS)
@pytest.mark.parametrize("row", [*PLACES, *MODELS])
def test_a_model_that_is_refused(loaded, furnished, command, row):
    {**PLACES, **MODELS}[row](furnished / BAD)
    message = {**PLACE_ROWS, **MODEL_ROWS}[row]
    ended = check_refused(loaded, furnished, TAKING_MODELS[command], message)
    assert ended.peak < MOST_MEMORY


# A folder lists what is there.
IN_A_FOLDER = [row for row in (*PLACES, *PICTURES) if row not in {*SLOW, "a name that nothing has"}]


@pytest.fixture
def classes(tmp_path):
    for name in ("a", "b"):
        (tmp_path / "classes" / name).mkdir(parents=True)
        for number in range(3):
            photo(32, 32, number).save(tmp_path / "classes" / name / f"x{number}.png")
    return tmp_path


@pytest.mark.keras
@pytest.mark.parametrize("row", IN_A_FOLDER)
def test_a_folder_to_train_on_with_one_bad_file(with_keras, classes, row):
    {**PLACES, **PICTURES}[row](classes / "classes" / "a" / BAD)
    message = {**PLACE_ROWS, **PICTURE_ROWS}[row]
    ended = check_refused(with_keras, classes, TRAIN, message, f"classes/a/{BAD}")
    plain = with_keras(classes, "size", "39", "conv3x8")
    assert ended.peak - plain.peak < MOST_MEMORY / 2


# --- words --------------------------------------------------------------------------------------


def words_of(command):
    r"""The words of a command as a shell reads them, $'\n' and its like too."""
    words = []
    for word in shlex.split(re.sub(r"\$'([^']*)'", r"'$\1'", command)):
        if not word.startswith("$"):
            words.append(word)
            continue
        text = ast.literal_eval(f"'{word[1:]}'")
        words.append(text.encode("latin-1" if ord(max(text)) < 256 else "utf-8"))
    assert words[0] == "filt"
    return words[1:]


COMMANDS = [
    pytest.param(row, id=row[0].encode("unicode_escape").decode())
    for heading in ("Names of files", "Filters, parameters and arrays", "Where output goes")
    for row in table(heading)
]


@pytest.mark.parametrize("row", COMMANDS)
def test_a_command_that_is_refused(request, loaded, furnished, row):
    command, code, message = row
    ask = loaded
    if command == "filt train --data nowhere":
        ask = request.getfixturevalue("with_keras")
    before = contents(furnished)
    ended = ask(furnished, *words_of(command))
    refused(ended, int(code), ())
    says(ended, message)
    assert contents(furnished) == before


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text on other systems")
@pytest.mark.parametrize(
    "name",
    [b"two\nlines.png", b"\x1b[31mred.png", b"caf\xe9.png", b"n" * 251 + b".png", b"./-photo.png"],
)
def test_odd_names_are_read_and_written(loaded, furnished, name):
    for command in (["apply", "sobel-x"], ["edges"], ["sheet"]):
        source, out = (os.fsdecode(part + name.removeprefix(b"./")) for part in (b"", b"out/"))
        (furnished / "out").mkdir(exist_ok=True)
        (furnished / source).write_bytes((furnished / "photo.png").read_bytes())
        given = name if name.startswith(b"./") else os.fsencode(source)
        ended = loaded(furnished, *command, given, "-o", os.fsencode(out))
        assert (ended.returncode, ended.stderr) == (0, b"")
        assert ended.stdout.count(b"\n") == 1
        assert ended.stdout.decode().rstrip("\n").isprintable()
        assert read_image(furnished / out).pixels.size


def test_a_name_of_255_bytes_has_no_room_for_the_name_of_the_output(loaded, furnished):
    name = "n" * 251 + ".png"
    (furnished / name).write_bytes((furnished / "photo.png").read_bytes())
    before = contents(furnished)
    ended = loaded(furnished, "apply", "sobel-x", name)
    refused(ended, 1, ("file name too long",))
    assert contents(furnished) == before


# --- the machine --------------------------------------------------------------------------------

PLAIN = "from filt.cli import main; main(prog_name='filt')"
WAIT = """
        print("there", flush=True)
        for _ in range(600):
            select.select([], [], [], 0.1)
"""
WRITING = {
    "old.png": "apply sobel-x photo.png -o old.png",
    "new.png": "apply sobel-x photo.png -o new.png --no-clobber",
    "new.html": "sheet photo.png sobel-x -o new.html",
    "new.tif": "show sobel-x --png new.tif",
    "new.npz": "extract learned --npz new.npz",
}
"""Commands that write one file."""
ONE = [("old.png", WRITING["old.png"])]


def program(step, does=WAIT, call=1):
    """filt, but that the `call`-th call of os.`step` does something else first."""
    return f"""
import errno, os, select, signal
# Where the tests run in the background, some signals are ignored from the start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
really, calls = os.{step}, []
def stand_in(*words, **options):
    calls.append(words)
    if len(calls) == {call}:
        {does.strip()}
    return really(*words, **options)
os.{step} = stand_in
{PLAIN}
"""


def run(folder, source, *words, **options):
    return subprocess.run(
        [sys.executable, "-c", source, *words],
        cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False,
        **options,
    )  # fmt: skip


def waiting(folder, source, *words):
    """A process that has come to the step at which it waits."""
    running = subprocess.Popen(
        [sys.executable, "-c", source, *words],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert running.stdout.readline() == b"there\n"
    return running


def killed(number, folder, source, *words):
    """How filt ends that gets a signal where it waits."""
    with waiting(folder, source, *words) as running:
        running.send_signal(number)
        out, err = running.communicate(timeout=60)
    return running.returncode, out, err.decode()


def no_space(folder):
    """A file system that refuses, and one that is full in truth where we may make one."""
    refuses = program("fsync", "raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))")
    for name, words in WRITING.items():
        before = contents(folder)
        refused(run(folder, refuses, *words.split()), 1, (f"{name}: no space left on device",))
        assert contents(folder) == before


def a_limit_for_files(folder):
    def limit():
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))

    for name in ("old.png", "new.html"):
        before = contents(folder)
        ended = run(folder, PLAIN, *WRITING[name].split(), preexec_fn=limit)
        refused(ended, 1, (f"{name}: file too large",))
        assert contents(folder) == before


def a_read_only_folder(folder):
    closed = program("open", "raise PermissionError(errno.EACCES, 'Permission denied')")
    refuses = closed.replace("if len(calls) == 1", "if str(words[0]).endswith('.tmp')")
    for name in ("old.png", "new.npz"):
        before = contents(folder)
        ended = run(folder, refuses, *WRITING[name].split())
        refused(ended, 1, (f"{name}: permission denied",))
        assert contents(folder) == before


def a_full_standard_output(folder):
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-c", PLAIN, "apply", "sobel-x", "photo.png", "-o", "new.png"],
            cwd=folder, stdout=full, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert ended.stderr == b"Error: standard output: no space left on device\n"
    assert ended.returncode == 1
    assert read_image(folder / "new.png").size == (56, 40)


def no_reader(folder):
    before = contents(folder)
    for number in range(3):
        photo(seed=number).save(folder / f"x{number}.png")
    reading, writing = os.pipe()
    os.close(reading)
    words = ["apply", "sobel-x", *(f"x{number}.png" for number in range(3)), "-o", "out/"]
    ended = subprocess.run(
        [sys.executable, "-c", PLAIN, *words],
        cwd=folder, stdout=writing, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    os.close(writing)
    assert ended.stderr == b""
    assert ended.returncode == 1
    made = list((folder / "out").iterdir())
    assert made
    assert all(read_image(path).size == (56, 40) for path in made)
    assert before.items() <= contents(folder).items()


def no_memory(folder):
    np.save(folder / "large.npy", np.zeros((4000, 5000), np.float32))
    before = contents(folder)
    for step in (1, 2):
        limit = "import resource; from filt.commands import apply\n"
        limit += "from pathlib import Path\n"
        limit += "used = int(Path('/proc/self/statm').read_text().split()[0]) * 4096\n"
        limit += f"resource.setrlimit(resource.RLIMIT_AS, ({step} * 60_000_000 + used,) * 2)\n"
        ended = run(
            folder, limit + PLAIN, "apply", "gaussian:sigma=9", "large.npy", "-o", "new.npy"
        )
        refused(ended, 1, ("not enough memory",))
        assert contents(folder) == before


def ending(number, code, message):
    def check(folder):
        for name, words in WRITING.items() if number == signal.SIGTERM else ONE:
            publishes = "link" if "--no-clobber" in words else "replace"
            for step in ("fsync", publishes) if name == "old.png" else ("fsync",):
                before = contents(folder)
                ended = killed(number, folder, program(step), *words.split())
                assert ended == (code, b"", message)
                assert contents(folder) == before
        ended = killed(number, folder, program("fsync", call=3), *STAGES)
        assert ended == (code, b"", message)
        made = list((folder / "stages").iterdir())
        assert len(made) == 1
        assert read_image(made[0]).size == (56, 40)

    return check


STAGES = ("edges", "photo.png", "-o", "new.png", "--stages", "stages")


def sigkill(folder):
    """The old file or the new one, and what is left over goes with the next writer."""
    for step in ("chmod", "fsync", "replace", "unlink"):
        before = (folder / "old.png").read_bytes()
        killed(signal.SIGKILL, folder, program(step), *WRITING["old.png"].split())
        left = [path for path in folder.iterdir() if path.name.startswith(".filt-")]
        assert len(left) == (step != "unlink")
        after = (folder / "old.png").read_bytes()
        assert after == before if step != "unlink" else read_image(folder / "old.png")
        (folder / "old.png").write_bytes(b"an older file")
        assert run(folder, PLAIN, "apply", "box", "small.png", "-o", "other.png").returncode == 0
        assert not [path for path in folder.iterdir() if path.name.startswith(".filt-")]


MACHINE = {
    "the disk is full": no_space,
    "a file grows over the limit for files": a_limit_for_files,
    "the folder may not be written": a_read_only_folder,
    "standard output is full": a_full_standard_output,
    "standard output has no reader (SIGPIPE)": no_reader,
    "memory runs out": no_memory,
    "Ctrl-C (SIGINT)": ending(signal.SIGINT, 1, "\nAborted!\n"),
    "SIGTERM": ending(signal.SIGTERM, 143, "Error: ended by SIGTERM\n"),
    "SIGHUP": ending(signal.SIGHUP, 129, "Error: ended by SIGHUP\n"),
    "SIGKILL, or the power goes": sigkill,
}


# What the tests above demand, as the page says it.
SAID = {
    "the disk is full": "exit 1, `FILE: no space left on device`; nothing is left behind",
    "a file grows over the limit for files": "exit 1, `FILE: file too large`; nothing is left",
    "the folder may not be written": "exit 1, `FILE: permission denied`",
    "standard output is full": "exit 1, `standard output: no space left on device`",
    "standard output has no reader (SIGPIPE)": "ends without a word; files that were written are",
    "memory runs out": "exit 1, `not enough memory`",
    "Ctrl-C (SIGINT)": "exit 1, `Aborted!`; the file in work is taken away",
    "SIGTERM": "exit 143, `ended by SIGTERM`; the file in work is taken away",
    "SIGHUP": "exit 129, `ended by SIGHUP`; the file in work is taken away",
    "SIGKILL, or the power goes": "the old file or the new one",
}


def test_the_page_says_what_the_machine_does():
    said = dict(table("What the machine does"))
    assert list(said) == list(MACHINE) == list(SAID)
    assert all(said[row].startswith(SAID[row]) for row in SAID)


@pytest.mark.parametrize("row", MACHINE)
@pytest.mark.skipif(sys.platform != "linux", reason="measures a process as Linux does")
def test_what_the_machine_does(furnished, row):
    MACHINE[row](furnished)


def test_what_a_living_process_writes_is_left_alone(furnished):
    with waiting(furnished, program("fsync"), *WRITING["old.png"].split()) as running:
        (held,) = furnished.glob(".filt-*.tmp")
        assert run(furnished, PLAIN, *WRITING["new.html"].split()).returncode == 0
        assert list(furnished.glob(".filt-*.tmp")) == [held]
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)
    assert not list(furnished.glob(".filt-*.tmp"))


def can_mount(folder):
    """Whether we may have a small disk of our own, seen by nobody else."""
    tried = ["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(folder)]
    try:
        return subprocess.run(tried, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def test_a_small_disk_that_is_full(furnished):
    (furnished / "disk").mkdir()
    if not can_mount(furnished / "disk"):
        pytest.skip("no disk of our own can be mounted here")
    script = (
        "mount -t tmpfs -o size=4k tmpfs disk && echo old > disk/old.png"
        ' && "$0" -c "$1" apply sobel-x photo.png -o disk/old.png; echo $?; ls -A disk;'
        " cat disk/old.png"
    )
    ended = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, sys.executable, PLAIN],
        cwd=furnished, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.stderr == "Error: disk/old.png: no space left on device\n"
    assert ended.stdout == "1\nold.png\nold\n"


# --- many pictures ------------------------------------------------------------------------------


@pytest.fixture
def many(furnished):
    for number in range(5):
        photo(seed=number).save(furnished / f"x{number}.png")
    for number in (1, 3):
        PICTURES["half a JPEG"](furnished / f"x{number}.png")
    return furnished


FIVE = [f"x{number}.png" for number in range(5)]
BATCHES = {"apply": ["apply", "sobel-x"], "edges": ["edges"]}


def going_on(ask, folder):
    for command in BATCHES.values():
        ended = ask(folder, *command, *FIVE, "-o", f"{command[0]}/")
        assert ended.returncode == 1
        assert ended.stderr.decode().splitlines() == [
            "Error: x1.png: truncated or corrupt JPEG",
            "Error: x3.png: truncated or corrupt JPEG",
            "2 of 5 pictures failed",
        ]
        assert ended.stdout.count(b"\n") == 3
        made = sorted(path.name[:2] for path in (folder / command[0]).iterdir())
        assert made == ["x0", "x2", "x4"]


def stopping(ask, folder):
    for command in BATCHES.values():
        ended = ask(folder, *command, *FIVE, "--fail-fast", "-o", f"{command[0]}/")
        assert ended.returncode == 1
        assert ended.stderr == b"Error: x1.png: truncated or corrupt JPEG\n"
        made = [path.name[:2] for path in (folder / command[0]).iterdir()]
        assert made == ["x0"]


def all_or_nothing(ask, folder):
    (folder / "truth").mkdir()
    for name in FIVE:
        photo(seed=9).convert("L").point(lambda value: 255 * (value > 200)).save(
            folder / "truth" / name
        )
    before = contents(folder)
    for words in (["score", *FIVE, "--truth", "truth", "--plot", "x.svg"], ["compare", *FIVE]):
        ended = ask(folder, *words)
        refused(ended, 1, ())
        assert contents(folder) == before


MANY = {
    "one picture of several fails in `apply` or `edges`": going_on,
    "the same with `--fail-fast`": stopping,
    "one picture fails in `score`, `compare` or `train`": all_or_nothing,
}


@pytest.mark.parametrize("row", MANY)
def test_many_pictures(loaded, many, row):
    MANY[row](loaded, many)
