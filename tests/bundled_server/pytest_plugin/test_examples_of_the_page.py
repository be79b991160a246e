"""Every example of docs/testing.md runs as it stands there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bundled_server

PAGE = Path(bundled_server.__file__).parent / "docs" / "testing.md"
_NAMED = re.compile(r"```(?:python|bash|js)\n((?:#|//) (\S+)\n.*?)```", re.DOTALL)
EXAMPLES = {name: text for text, name in _NAMED.findall(PAGE.read_text())}
RUN = {
    "test_signup.py": [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_signup.py"],
    "test_mail.py": [sys.executable, "test_mail.py"],
    "worlds.py": [sys.executable, "worlds.py"],
    "mail.sh": ["bash", "mail.sh"],
    "mail.mjs": ["node", "mail.mjs"],
}


def test_the_page_has_these_examples() -> None:
    assert set(EXAMPLES) == set(RUN)


@pytest.mark.parametrize("name", RUN)
def test_an_example_runs(name: str, tmp_path: Path) -> None:
    if shutil.which(RUN[name][0]) is None:
        pytest.skip(f"{RUN[name][0]} is not installed")
    (tmp_path / name).write_text(EXAMPLES[name])
    root = PAGE.parent.parent.parent
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"DIR": str(tmp_path / "world"), "PATH": path, "PYTHONPATH": str(root)}
    done = subprocess.run(
        RUN[name], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    if name == "test_signup.py":
        assert "5 passed" in done.stdout
