"""A run always ends in actions: whatever the message, however long, whatever the script includes or repeats."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bundled_server.config import SieveLimits
from bundled_server.sieve.actions import FileInto, Keep, Redirect
from bundled_server.sieve.compiling import compiled
from bundled_server.sieve.interpreter import Named, Result, run
from bundled_server.sieve.message import Message
from bundled_server.sieve.surroundings import Surroundings
from bundled_server.sieve.trace import Tracer

LIMITS = SieveLimits()
EVERYTHING = """require ["body", "comparator-i;ascii-numeric", "copy", "date", "duplicate", "envelope", "fileinto",
"imap4flags", "index", "mailbox", "regex", "relational", "spamtest", "subaddress", "variables", "vacation"];
if anyof (header :matches ["from", "to", "subject", "x"] "*a*b?",
          header :regex "subject" "^(re|fwd?):[[:space:]]*(.*)$",
          address :detail :contains ["from", "to", "cc"] "x",
          address :domain :value "gt" "to" "m",
          header :count "ge" :comparator "i;ascii-numeric" "received" "3",
          date :originalzone "date" "julian" "1",
          date :index 1 :last :zone "-0800" "received" "std11" "x",
          body :content ["text/html", "application"] :matches "*a?b*",
          body :raw :regex "(a|b)+c",
          body :text :contains "needle",
          envelope :user "from" "x",
          duplicate :header "x") {
    set :lower :quotewildcard "v" "${1}${2}";
    addflag ["${v}", "\\\\Seen"];
    fileinto :copy :create "a${v}";
    redirect :copy "someone@example.org";
}
vacation :subject "Re: ${1}" "x";
"""
SCRIPT = compiled(EVERYTHING.encode(), LIMITS)
PIECES = st.sampled_from(
    [
        *(b"From: a+x@b.org\r\n", b"To: ", b"Subject: re: a\x00b\r\n", b"Date: Tue, 99 Foo 2026\r\n", b"x: 1\r\n"),
        *(
            b"Received: ;;;\r\n",
            b"\r\n\r\n",
            b"Content-Type: multipart/mixed; boundary=b\r\n",
            b"--b\r\n",
            b"--b--",
        ),
        *(b"Content-Transfer-Encoding: base64\r\n", b"=?utf-8?q?a=0D=0Ab?=", b"=?x?b?====?=", b"<<<@@@>>>"),
        *(b"\r\n ", b":", b"\xff\xfe"),
    ]
)
MESSAGES = st.lists(PIECES | st.binary(max_size=20), max_size=25).map(b"".join)


def run_on(data: bytes, script: str | None = None, **more: object) -> Result:
    programme = [Named("main", SCRIPT if script is None else compiled(script.encode(), LIMITS))]
    message = Message(data, sender="a+x@b.org", recipient="alice@cities.org")
    return run(programme, message, Surroundings(now=datetime(2026, 3, 4, tzinfo=UTC), **more), Tracer())  # type: ignore[arg-type]


@settings(max_examples=150, deadline=None)
@example(b"")
@example(b"\r\n")
@example(b"\r\n\r\nbody")
@given(MESSAGES)
def test_any_message_ends_in_actions(data: bytes) -> None:
    result = run_on(data)
    assert result.actions
    assert len(result.actions) == len(result.sources)
    for action in result.actions:
        if isinstance(action, FileInto):
            assert action.mailbox.isprintable()
        if isinstance(action, Redirect):
            assert action.address.isprintable()


@pytest.mark.parametrize(
    "address",
    ["bob@other.test\r\nBcc: eve@evil.test", "a@b.c, d@e.f", "<>", "|program", "a@b.c\0", "a b@c.d", '"x\r\ny"@z'],
)
def test_a_redirect_to_what_is_no_address_keeps_the_message(address: str) -> None:
    header = b"X: =?utf-8?q?" + "".join(f"={octet:02X}" for octet in address.encode()).encode() + b"?=\r\n\r\n"
    result = run_on(header, 'require "variables"; if header :matches "x" "*" { redirect "${1}"; }')
    assert result.actions == (Keep(0),)
    assert result.error is not None


@pytest.mark.parametrize("name", ["a\r\nb", "a\x1b]0;x\x07", "", "/", "x" * 2000, "a\u202eb"])
def test_a_mailbox_that_cannot_be_named_keeps_the_message(name: str) -> None:
    header = b"X: =?utf-8?q?a" + "".join(f"={octet:02X}" for octet in name.encode()).encode() + b"?=\r\n\r\n"
    script = 'require ["variables", "fileinto"]; if header :matches "x" "a*" { fileinto "${1}"; }'
    result = run_on(header, script)
    assert result.actions == (Keep(0),)
    assert result.error is not None


def test_too_many_actions_redirects_and_variables_are_errors() -> None:
    many = 'require "fileinto"; ' + " ".join(f'fileinto "{number}";' for number in range(40))
    assert "more than 32 actions" in str(run_on(b"\r\n", many).error)
    many = " ".join(f'redirect "a{number}@b.org";' for number in range(6))
    assert "more than 4 redirects" in str(run_on(b"\r\n", many).error)
    many = 'require "variables"; ' + " ".join(f'set "v{number}" "x";' for number in range(300))
    assert "more than 256 variables" in str(run_on(b"\r\n", many).error)


def test_variables_do_not_grow_without_end() -> None:
    doubling = 'require ["variables", "fileinto"]; set "a" "xxxxxxxxxx"; ' + 'set "a" "${a}${a}"; ' * 60
    result = run_on(b"\r\n", doubling + 'set :length "n" "${a}"; fileinto "${n}";')
    assert result.actions == (FileInto(1, str(LIMITS.variable_characters)),)


def test_scripts_that_include_one_another_for_ever_end() -> None:
    one = compiled(b'require "include"; include "two"; include "two";', LIMITS)
    two = compiled(b'require "include"; include "one"; include "one";', LIMITS)
    library = {("personal", "one"): one, ("personal", "two"): two}
    result = run_on(b"\r\n", 'require "include"; include "one";', library=library)
    assert "perhaps in a circle" in str(result.error)


def test_a_fan_of_includes_ends_at_the_limit_of_includes() -> None:
    leaf = compiled(b"keep;", LIMITS)
    names = [f"s{number}" for number in range(100)]
    script = 'require "include"; ' + " ".join(f'include "{name}";' for name in names)
    result = run_on(b"\r\n", script, library={("personal", name): leaf for name in names})
    assert "too many scripts are included" in str(result.error)


def test_a_large_message_is_searched_within_the_steps() -> None:
    body = b"a line of text\r\n" * 1_000_000
    result = run_on(
        b"Subject: x\r\n\r\n" + body + b"needle", 'require "body"; if body :contains "NEEDLE" { discard; }'
    )
    assert result.error is None
    assert [action.text for action in result.actions] == ["discard"]
