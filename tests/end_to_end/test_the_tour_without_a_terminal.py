"""`termail practice` where there is no terminal: the tour, as text and as data."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


def practice(*options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "termail", "practice", *options],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_the_tour_as_text_passes_every_agent_with_its_number() -> None:
    done = practice()
    assert done.returncode == 0, done.stderr
    outward, _, homeward = done.stdout.partition("alice answers")
    for step, agent in (
        (1, "MUA"),
        (2, "LMTA"),
        (3, "MQ"),
        (5, "MSA"),
        (7, "DNS"),
        (8, "DNS"),
        (6, "MTA"),
        (10, "MDA"),
    ):
        assert f" {step:>2}  {agent}" in outward, (step, agent)
        assert f" {step:>2}  {agent}" in homeward, (step, agent)
    assert " 11  MRA" in homeward
    assert "S: 250 2.1.0 <bob@other.test>... Sender ok" in outward
    assert "cities.org MX 10 brasilia.cities.org" in outward
    assert "123456" not in done.stdout.replace("1234567", "")
    assert done.stderr == ""


def test_the_tour_as_data_tells_the_same() -> None:
    done = practice("--json")
    assert done.returncode == 0, done.stderr
    tour = json.loads(done.stdout)
    assert tour["done"] is True
    assert [leg["title"] for leg in tour["legs"]] == ["bob writes to alice", "alice answers"]
    for leg in tour["legs"]:
        steps = {scene["step"] for scene in leg["scenes"]}
        assert {1, 2, 3, 5, 6, 7, 8, 9, 10, 11} <= steps
        dialogue = [line["text"] for scene in leg["scenes"] if scene["step"] == 6 for line in scene["lines"]]
        assert any(text.startswith("MAIL FROM:<") for text in dialogue)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_tour_that_is_ended_early_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "termail", "practice"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | {"TMPDIR": str(tmp_path)}) as tour:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("termail-practice-*/world/*")):
            assert time.monotonic() < deadline, "the world never began"
            time.sleep(0.02)
        tour.send_signal(number)
        assert tour.wait(60) == 128 + number
    assert list(tmp_path.iterdir()) == []
