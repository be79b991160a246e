"""SMTP commands: one table of what is taken, one of what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bundled_server.protocols.smtp.commands import (
    Auth,
    Data,
    Expn,
    Hello,
    Help,
    Mail,
    Noop,
    Quit,
    Rcpt,
    Rset,
    StartTls,
    Vrfy,
    parse_command,
)
from bundled_server.protocols.smtp.parameters import (
    MailParameters,
    RcptParameters,
    encode_original,
    encode_xtext,
    parse_rcpt_parameters,
)
from bundled_server.protocols.smtp.path import NULL_PATH, Path
from bundled_server.protocols.smtp.replies import RefusedCommand, Reply

BOB = Path("bob@other.test", "bob", "other.test")
UTF8 = MailParameters(smtputf8=True)

TAKEN = [
    (b"HELO server.other.test", Hello("server.other.test", False)),
    (b"ehlo [127.0.0.1]", Hello("[127.0.0.1]", True)),
    (b"EHLO [IPv6:::1] ", Hello("[IPv6:::1]", True)),
    (b"MAIL FROM: <bob@other.test>", Mail(BOB)),
    (b"mail from:<bob@OTHER.test>", Mail(BOB)),
    (b"MAIL FROM:bob@other.test", Mail(BOB)),
    (b"MAIL  FROM : <bob@other.test>", Mail(BOB)),
    (b"MAIL FROM:<>", Mail(NULL_PATH)),
    (b"MAIL FROM:<bob@other.test> SIZE=5 BODY=8bitmime", Mail(BOB, MailParameters(5, "8BITMIME"))),
    (
        b"MAIL FROM:<> RET=full ENVID=a+3Db AUTH=<>",
        Mail(NULL_PATH, MailParameters(dsn_return="FULL", envelope_id="a=b")),
    ),
    ("MAIL FROM:<josé@cities.org> SMTPUTF8".encode(), Mail(Path("josé@cities.org", "josé", "cities.org"), UTF8)),
    (
        b"MAIL FROM:<@a.test,@b.test:bob@other.test>",
        Mail(Path("bob@other.test", "bob", "other.test", "@a.test,@b.test:")),
    ),
    (b'RCPT TO:<"bob"@other.test>', Rcpt(BOB)),
    (b'RCPT TO:<"b> o\\"b"@other.test>', Rcpt(Path('"b> o\\"b"@other.test', 'b> o"b', "other.test"))),
    (b"RCPT TO:<bob@[127.0.0.1]>", Rcpt(Path("bob@[127.0.0.1]", "bob", "[127.0.0.1]"))),
    (b"RCPT TO:<bob@[IPv6:::1]>", Rcpt(Path("bob@[ipv6:::1]", "bob", "[ipv6:::1]"))),
    (b"RCPT TO:<postmaster>", Rcpt(Path("postmaster", "postmaster"))),
    (b"RCPT TO:<bob@other.test> NOTIFY=never", Rcpt(BOB, RcptParameters(frozenset({"NEVER"})))),
    (b"DATA", Data()),
    (b"data ", Data()),
    (b"RSET", Rset()),
    (b"NOOP anything", Noop()),
    (b"QUIT", Quit()),
    (b"HELP mail", Help("MAIL")),
    (b"VRFY alice", Vrfy("alice")),
    (b"EXPN staff", Expn("staff")),
    (b"STARTTLS", StartTls()),
    (b"auth plain AGE=", Auth("PLAIN", b"AGE=")),
    (b"AUTH LOGIN", Auth("LOGIN", None)),
]

REFUSED = [
    (b"", 500),
    (b"EHLO", 501),
    (b"EHLO a(b", 501),
    (b"EHLO a b", 501),
    ("EHLO señor".encode(), 501),
    (b"\xff\xfe", 500),
    (b"GET / HTTP/1.1", 500),
    (b"MAIL", 501),
    (b"MAIL TO:<bob@other.test>", 501),
    (b"MAIL FROM:<bob@other.test", 501),
    (b"MAIL FROM:<bob@other.test>>", 501),
    (b"MAIL FROM:<bob@other.test>SIZE=1", 501),
    (b"MAIL FROM:<bob@@other.test>", 553),
    (b"MAIL FROM:<bob@-x.test>", 553),
    (b"MAIL FROM:<bob@x..test>", 553),
    (b"MAIL FROM:<b ob@other.test>", 553),
    (b"MAIL FROM:<bob@[300.1.1.1]>", 553),
    (b"MAIL FROM:<" + b"b" * 300 + b"@other.test>", 553),
    (b"MAIL FROM:<bob@" + b"b" * 64 + b".test>", 553),
    ("MAIL FROM:<josé@cities.org>".encode(), 553),
    (b"MAIL FROM:<bob@other.test> SIZE=-1", 501),
    (b"MAIL FROM:<bob@other.test> SIZE=1 SIZE=2", 501),
    (b"MAIL FROM:<bob@other.test> BODY=9BIT", 501),
    (b"MAIL FROM:<bob@other.test> ENVID=a+0D+0Ab", 501),
    (b"MAIL FROM:<bob@other.test> NOTIFY=NEVER", 555),
    (b"RCPT TO:<>", 501),
    (b"RCPT TO:<bob@other.test> NOTIFY=NEVER,SUCCESS", 501),
    (b"RCPT TO:<bob@other.test> ORCPT=bob", 501),
    (b"RCPT TO:<bob\0@other.test>", 501),
    (b"DATA now", 501),
    (b"QUIT now", 501),
    (b"VRFY", 501),
    (b"AUTH", 501),
    (b"AUTH PLAIN a b", 501),
]


@pytest.mark.parametrize(("line", "command"), TAKEN)
def test_these_lines_are_taken(line: bytes, command: object) -> None:
    assert parse_command(line) == command


@pytest.mark.parametrize(("line", "code"), REFUSED)
def test_these_lines_are_refused(line: bytes, code: int) -> None:
    with pytest.raises(RefusedCommand) as refusal:
        parse_command(line)
    assert refusal.value.reply.code == code


@given(
    st.binary(max_size=200)
    | st.text(max_size=100).map(lambda text: f"MAIL FROM:{text}".encode("utf-8", "replace"))
)
def test_whatever_comes_is_a_command_or_a_reply(line: bytes) -> None:
    try:
        parse_command(line.replace(b"\r", b"").replace(b"\n", b""))
    except RefusedCommand as refusal:
        wire = refusal.reply.encode()
        assert wire.isascii() and wire.endswith(b"\r\n")
        assert b"\r" not in wire[:-2] and b"\n" not in wire[:-2]


def test_long_nonsense_is_refused_in_no_time() -> None:
    for nonsense in (b'<"' + b"\\" * 2000, b"<" * 2000, b"a." * 1000, b"<" + b"@a," * 600, b'""' * 1000):
        with pytest.raises(RefusedCommand):
            parse_command(b"MAIL FROM:" + nonsense)


def test_xtext_goes_both_ways() -> None:
    command = parse_command(b"MAIL FROM:<> ENVID=" + encode_xtext("a+b=c d").encode())
    assert isinstance(command, Mail)
    assert command.parameters.envelope_id == "a+b=c d"


@pytest.mark.parametrize("original", ["rfc822;a=b+c@cities.org", "utf-8;josé+1@cities.org", "x400;/c=us"])
def test_original_recipients_go_both_ways(original: str) -> None:
    assert encode_original(original).isascii()
    assert parse_rcpt_parameters(f"ORCPT={encode_original(original)}").original == original


def test_a_reply_of_several_lines_repeats_its_codes() -> None:
    assert Reply(214, "2.0.0", "one\ntwo").encode() == b"214-2.0.0 one\r\n214 2.0.0 two\r\n"
    assert Reply(250, "", "one\ntwo").encode() == b"250-one\r\n250 two\r\n"
