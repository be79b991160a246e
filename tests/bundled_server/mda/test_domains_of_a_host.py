"""The domains of a host: own, added and standing for another; kept over a restart; a live view."""

from pathlib import Path

import pytest

from bundled_server.mda.domains import BadDomain, Domains

OWN = ("Cities.org", "brasilia.cities.org")


def test_domains_come_and_go_and_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "domains.json"
    domains = Domains(path, OWN)
    assert domains.add("Towns.org.")
    assert not domains.add("towns.org")
    assert domains.alias("villages.org", "towns.org")
    assert not domains.alias("villages.org", "towns.org")
    again = Domains(path)
    assert list(again) == ["cities.org", "brasilia.cities.org", "towns.org", "villages.org"]
    assert again[0] == "cities.org"
    assert "villages.org" in again and again.canonical("villages.org") == "towns.org"
    assert [row["kind"] for row in again.describe()] == ["own", "own", "added", "alias"]
    assert again.remove("villages.org") and again.remove("towns.org")
    assert not again.remove("towns.org")
    assert "towns.org" not in again
    assert path.stat().st_mode & 0o077 == 0


def test_an_added_domain_may_become_an_alias(tmp_path: Path) -> None:
    domains = Domains(tmp_path / "d", OWN)
    domains.add("towns.org")
    assert domains.alias("towns.org", "cities.org")
    assert [(row["kind"], row["target"]) for row in domains.describe()][2:] == [("alias", "cities.org")]


@pytest.mark.parametrize(
    "name", ["", "no spaces", "a..b", "-a.test", "a" * 64 + ".test", "x\r\n.test", "[127.0.0.1]"]
)
def test_what_is_no_domain_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadDomain, match="is not a domain"):
        Domains(tmp_path / "d", OWN).add(name)


def test_what_would_leave_nonsense_is_refused(tmp_path: Path) -> None:
    domains = Domains(tmp_path / "d", OWN)
    domains.add("towns.org")
    domains.alias("villages.org", "towns.org")
    with pytest.raises(BadDomain, match="the host's own"):
        domains.remove("cities.org")
    with pytest.raises(BadDomain, match=r"villages.org stands for towns.org"):
        domains.remove("towns.org")
    for alias, target in (("cities.org", "towns.org"), ("towns.org", "cities.org")):
        with pytest.raises(BadDomain, match="in its own right"):
            domains.alias(alias, target)
    for target in ("far.test", "villages.org", "hamlets.org"):
        with pytest.raises(BadDomain, match="not a domain of this host"):
            domains.alias("hamlets.org", target)


def test_a_file_that_was_damaged_is_named(tmp_path: Path) -> None:
    (tmp_path / "d").write_text("{")
    with pytest.raises(BadDomain, match="cannot be understood"):
        Domains(tmp_path / "d", OWN)
