"""How a process ends that was given bad input, and what a folder holds."""

from __future__ import annotations

EITHER = (1, 2)
OTHERS = ("cv2", "opencv", "PIL", "numpy", "errno", "Exception", "libpng", "ReadError", "None")


def contents(folder):
    found = {}
    for path in sorted(folder.rglob("*")):
        kind = path.lstat().st_mode
        found[path.relative_to(folder)] = kind, path.read_bytes() if path.is_file() else None
    return found


def refused(result, code, says):
    """Assert that a process ended as bad input must end."""
    message, output = result.stderr.decode("utf-8"), result.stdout
    assert "Traceback" not in message, message[-1500:]
    assert result.returncode in (code if code == EITHER else (code,)), message
    assert output == b""
    lines = message.splitlines()
    assert message.endswith("\n")
    errors = [line for line in lines if line.startswith("Error: ")]
    assert len(errors) == 1, message
    assert lines[-1] == errors[0], message
    if result.returncode == 1:
        assert lines == errors, message
        assert not message.endswith(".\n")
    else:
        assert lines[0].startswith("Usage: filt")
        assert "Warning" not in message, message
    assert not any(other in message for other in OTHERS), message
    assert all(line.isprintable() for line in lines)
    for part in says:
        assert part in errors[0]
