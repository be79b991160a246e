"""`termail-server fault` against a running world."""

import asyncio
import json

import pytest

from bundled_server.cli import main
from bundled_server.world.api.api import WorldApi


async def _run(capsys, *words: str) -> tuple[int, str]:
    code = await asyncio.to_thread(main, ["fault", *words])
    said = capsys.readouterr()
    return code, said.out + said.err


@pytest.mark.usefixtures("api")
async def test_faults_are_set_listed_and_cleared_by_command(world, capsys) -> None:
    data = ["--data", str(world.data)]
    assert await _run(capsys, "list", *data) == (0, "nothing is wrong\n")
    code, said = await _run(capsys, "set", "smtp-reply", "server.other.test", "code=550", "stage=mail", *data)
    assert code == 0 and said.startswith("set: smtp-reply:server.other.test:smtp:mail")
    code, said = await _run(capsys, "list", "--json", *data)
    assert json.loads(said)[0]["parameters"]["code"] == 550
    assert "smtp-disconnect HOST" in (await _run(capsys, "kinds", *data))[1]
    assert (await _run(capsys, "clear", "smtp-reply:server.other.test:smtp:mail", *data))[0] == 0
    code, said = await _run(capsys, "clear", "nothing", *data)
    assert code == 1 and "no fault nothing is set" in said
    assert (await _run(capsys, "clear", *data))[1] == "faults cleared: 0\n"
    code, said = await _run(capsys, "set", "flood", "server.other.test", *data)
    assert code == 2 and "choose one of" in said
    code, said = await _run(capsys, "set", "host-slow", "server.other.test", "2", *data)
    assert code == 2 and "NAME=VALUE" in said


async def test_without_a_world_it_says_what_to_start(tmp_path, capsys) -> None:
    code, said = await _run(capsys, "list", "--data", str(tmp_path))
    assert code == 1 and "termail-server world" in said


async def test_the_token_goes_with_the_world(world) -> None:
    async with WorldApi(world) as api:
        assert api.token_file.stat().st_mode & 0o077 == 0
    assert not api.token_file.exists()
