"""asciinema itself reads a recording of the presenter's: output, marks, another size."""

import shutil
import subprocess
from pathlib import Path

import pytest

from termail.classroom.asciicast import Asciicast

pytestmark = pytest.mark.skipif(
    not (shutil.which("asciinema") and shutil.which("script")), reason="asciinema is not installed"
)


def test_a_recording_plays_in_asciinema(tmp_path: Path) -> None:
    moments = iter([0.0, 0.01, 0.02, 0.03, 0.04])
    cast = Asciicast(tmp_path / "x.cast", 80, 24, title="lesson ñ", clock=lambda: next(moments))
    cast.write("\x1b[1mfirst\x1b[0m ")
    cast.mark("step 2")
    cast.resize(100, 30)
    cast.write("segundo ñ 会\r\n")
    cast.close()
    command = ["script", "-qec", f"asciinema cat {cast.path}", "/dev/null"]  # asciinema wants a terminal
    told = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False, timeout=30)
    assert told.returncode == 0, told.stdout.decode()
    assert "\x1b[1mfirst\x1b[0m segundo ñ 会" in told.stdout.decode()
