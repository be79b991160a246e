"""The settings in docs/filters.md are settings, and make the chain that the page describes."""

import re
import tomllib
from pathlib import Path

from bundled_server.cli.filter_settings import filter_settings
from bundled_server.config import HostSettings
from bundled_server.filters.verdict import Stage
from bundled_server.host.filter_trial import trial_inspection

PAGE = Path(__file__).parents[3] / "bundled_server" / "docs" / "filters.md"


def test_the_example_makes_the_chain_of_the_table(tmp_path: Path, store) -> None:
    text = PAGE.read_text("utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "rules.toml").write_text("")
    filters = filter_settings(tmp_path / "host.toml", tomllib.loads(example)["filters"])
    settings = HostSettings(hostname="mx.a.test", domain="a.test", data=tmp_path, filters=filters)
    chain = trial_inspection(settings, store).describe()
    rows = re.findall(r"^\| (connection|HELO|MAIL|RCPT|DATA) \| (.*) \|$", text, re.MULTILINE)
    told = {row[0].lower().replace("connection", "connect"): set(re.findall(r"`(\w+)`", row[1])) for row in rows}
    assert told == {
        stage.value: {str(row["name"]) for row in chain if stage.value in row["stages"]} for stage in Stage
    }
    assert [row["name"] for row in chain if not row["on"]] == ["greylist"]
