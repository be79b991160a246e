"""SRS: a forwarded sender leads back to itself through us, through several forwarders, and through nobody else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bundled_server.mda.sender_rewriting import DAY_SECONDS, SenderRewriting, secret_in

NOON = 1_800_000_000.0
ATOM = st.text("abcXYZ019.&'*+/=?^_{}~#$-", min_size=1, max_size=40)


def rewriting(domain: str = "cities.org", now: float = NOON, secret: bytes = b"s" * 32) -> SenderRewriting:
    return SenderRewriting(secret, [domain, f"more.{domain}"], lambda: now)


def local_part(address: str) -> str:
    return address.rpartition("@")[0]


@given(ATOM)
def test_every_sender_comes_back_to_itself_whatever_changes_its_case(local: str) -> None:
    ours = rewriting()
    address = ours.outward(f"{local}@far.test")
    assert address.startswith("SRS0=") and address.endswith(f"=far.test={local}@cities.org")
    assert ours.inward(local_part(address)) == f"{local}@far.test"
    assert (ours.inward(local_part(address).lower()) or "").lower() == f"{local}@far.test".lower()


@pytest.mark.parametrize(
    "sender",
    ["", "bob@cities.org", "bob@more.cities.org", '"b b"@far.test', "a%b@far.test", f"{'x' * 300}@far.test"],
)
def test_some_senders_stay_as_they_are(sender: str) -> None:
    assert rewriting().outward(sender) == sender


def test_three_forwarders_in_a_row_lead_back_in_two_steps() -> None:
    first, second, third = (
        rewriting(f"{name}.test", secret=name.encode() * 32) for name in ("one", "two", "three")
    )
    at_first = first.outward("bob@far.test")
    at_second = second.outward(at_first)
    at_third = third.outward(at_second)
    assert at_second.startswith("SRS1=") and at_third.startswith("SRS1=")
    assert second.inward(local_part(at_second)) == at_first
    assert third.inward(local_part(at_third)) == at_first
    assert first.inward(local_part(at_first)) == "bob@far.test"


@pytest.mark.parametrize(
    "local",
    [
        "bob",
        "SRS0",
        "SRS0=AAAAAA=BB=far.test=bob",
        "SRS0=far.test=bob",
        "SRS1=AAAAAA=far.test==AAAAAA=BB=a.test=b",
        "SRS1=AAAAAA",
        "SRS0=ABC11=BB=far.test=bob",
    ],
)
def test_what_we_did_not_make_leads_nowhere(local: str) -> None:
    assert rewriting().inward(local) is None


def test_an_address_changed_in_one_letter_leads_nowhere() -> None:
    ours = rewriting()
    made = local_part(ours.outward("bob@far.test"))
    for changed in (made.replace("bob", "eve"), made.replace("far", "bar"), made.replace("SRS0", "SRS1")):
        assert ours.inward(changed) is None
    assert rewriting(secret=b"t" * 32).inward(made) is None


@pytest.mark.parametrize(("days", "leads_back"), [(0, True), (21, True), (22, False), (1000, False), (-1, False)])
def test_an_address_ends_after_three_weeks(days: int, leads_back: bool) -> None:
    made = local_part(rewriting().outward("bob@far.test"))
    later = rewriting(now=NOON + days * DAY_SECONDS)
    assert (later.inward(made) is not None) is leads_back


def test_the_secret_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "srs.key"
    secret = secret_in(path)
    assert len(secret) == 32 and secret_in(path) == secret
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"short")
    with pytest.raises(OSError, match="holds no secret: remove it"):
        secret_in(path)
