"""Fields that claim to be verdicts of this host, and the chain that asks each filter."""

import pytest

from bundled_server.envelope import Envelope
from bundled_server.filters.chain import Candidate, Chain, Opinion, Word, is_forged_result
from bundled_server.journal import Journal

OWN = "mx.cities.org"


@pytest.mark.parametrize(
    ("name", "value", "forged"),
    [
        ("authentication-results", "mx.cities.org; spf=pass", True),
        ("Authentication-Results", "MX.Cities.Org 1; spf=pass", True),
        ("authentication-results", " mx.cities.org. ; none", True),
        ("authentication-results", "", True),
        ("authentication-results", "mx.other.test; spf=pass", False),
        ("authentication-results", "mx.cities.org.evil.test; spf=pass", False),
        ("x-spam-status", "No", True),
        ("subject", "mx.cities.org; spf=pass", False),
    ],
)
def test_only_our_own_id_is_a_forgery(name: str, value: str, forged: bool) -> None:
    assert is_forged_result(name, value, OWN) is forged


class Says:
    def __init__(self, opinion: Opinion) -> None:
        self.name = "says"
        self.asked = 0
        self._opinion = opinion

    async def judge(self, candidate: Candidate) -> Opinion:
        self.asked += 1
        return self._opinion


async def test_the_first_that_does_not_accept_ends_the_chain() -> None:
    journal = Journal("h", lambda: 1.0)
    first, second = Says(Opinion(header=b"A: 1\r\n")), Says(Opinion(Word.REFUSE, status="5.7.1", text="no"))
    last = Says(Opinion())
    candidate = Candidate("192.0.2.1", "x", Envelope("a@b.test", ()), b"")
    assert (await Chain([first, second, last], journal).judge(candidate)).word is Word.REFUSE
    assert last.asked == 0
    assert (await Chain([first, last], journal).judge(candidate)).header == b"A: 1\r\n"
    assert [event.kind for event in journal.recent()] == ["judged"]
