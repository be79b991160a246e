"""Submission with SMTPUTF8 (RFC 6531) and with reports asked for (RFC 3461), where the server offers them."""

import pytest

from termail.lmta.outcome import Outcome, Refused, Sent
from termail.lmta.submission import Letter, Submission
from termail.lmta.transcript import Transcript
from termail.mime.draft import Draft, build
from termail.net.endpoint import Endpoint, Security

BUILT = build(
    Draft(
        account="w", from_="Ana <ana@other.test>", to="Ñandú <ñandú@correo.example>", subject="señal", body="x\n"
    ),
    date=1795349640.0,
)


async def _nobody() -> str:
    return ""


@pytest.fixture
def send(scripted):
    async def submit(script: str, letter: Letter) -> tuple[Outcome, list[str]]:
        server = await scripted(script)
        endpoint = Endpoint("smtp", Security.NONE, "", "127.0.0.1", server.port)
        transcript = Transcript()
        outcome = await Submission(endpoint, lambda: None, _nobody, transcript).send(letter)  # type: ignore[arg-type, return-value]
        return outcome, [line for line in transcript.lines if line.startswith("C:")]

    return submit


def hello(*offers: str) -> str:
    return "S: 220 mail\nC: EHLO\nS: 250-mail\n" + "".join(f"S: 250-{offer}\n" for offer in offers) + "S: 250 OK\n"


async def test_an_address_that_is_not_ascii_goes_out_as_it_is_with_smtputf8(send) -> None:
    script = hello("SMTPUTF8", "8BITMIME") + (
        "C: MAIL FROM:<ana@other.test> BODY=8BITMIME SMTPUTF8\nS: 250 ok\n"
        "C: RCPT TO:<ñandú@correo.example>\nS: 250 ok\n"
        "C: DATA\nS: 354 go\n" + "C\n" * (BUILT.raw.count(b"\r\n") + 1) + "S: 250 taken\nC: QUIT\nS: 221 bye"
    )
    outcome, _ = await send(script, Letter(BUILT.sender, BUILT.recipients, BUILT.raw))
    assert outcome == Sent("250 taken")


async def test_without_smtputf8_the_user_is_told_before_anything_is_sent(send) -> None:
    outcome, said = await send(
        hello("8BITMIME") + "C: QUIT\nS: 221 bye", Letter(BUILT.sender, BUILT.recipients, BUILT.raw)
    )
    assert isinstance(outcome, Refused) and "offers no SMTPUTF8" in outcome.reason
    assert not any(line.startswith("C: MAIL") for line in said)


LETTER = Letter("ana@other.test", ["b+c@x.test"], b"Subject: x\r\n\r\nx\r\n", envelope_id="id=1+2@x")


@pytest.mark.parametrize(
    ("offers", "mail", "rcpt"),
    [
        (
            ("DSN",),
            "C: MAIL FROM:<ana@other.test> RET=HDRS ENVID=id+3D1+2B2@x",
            "C: RCPT TO:<b+c@x.test> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;b+2Bc@x.test",
        ),
        ((), "C: MAIL FROM:<ana@other.test>", "C: RCPT TO:<b+c@x.test>"),
    ],
)
async def test_a_report_is_asked_for_where_the_server_knows_how(send, offers, mail: str, rcpt: str) -> None:
    script = hello(*offers) + (
        "C: MAIL\nS: 250 ok\nC: RCPT\nS: 250 ok\nC: DATA\nS: 354 go\nC\nC\nC\nC\nS: 250 taken\nC: QUIT\nS: 221 bye"
    )
    outcome, said = await send(script, LETTER)
    assert isinstance(outcome, Sent) and mail in said and rcpt in said
