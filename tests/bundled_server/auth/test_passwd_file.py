"""A passwd file as a back end: which hashes it takes, what it refuses, and that it notices its changes."""

import base64
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bundled_server.auth.directory import Answer, DirectoryUnavailable
from bundled_server.auth.passwd_file import BadPasswdFile, PasswdFileBackEnd
from bundled_server.auth.passwords import Cost, hash_password
from bundled_server.auth.sha_crypt import is_sha_crypt, verify

# What libxcrypt and OpenSSL make of these passwords and salts.
HELLO = "Hello world!"
FIVE = "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"
SIX = "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"
VECTORS = (
    (HELLO, "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"),
    (HELLO, FIVE),
    (
        "we have a short salt string but not a short password",
        "$5$rounds=77777$short$JiO1O3ZpDAxGJeaDIuqCoEFysAe1mZNJRs3pw0KQRd/",
    ),
    (HELLO, SIX),
    (
        HELLO,
        "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/"
        "YTBmSK6H9qs/y3RnOaw5v.",
    ),
)
SCRYPT = hash_password("s3cret", Cost(n=16, iterations=1))
LINES = {
    "six": "{SHA512-CRYPT}" + SIX,
    "five": FIVE + ":1000:1000::/home/five",
    "ssha": "{SSHA}U1qvgHYfZQiv5oP0Oh+bLy3Y09t3LRcQ",
    "scrypt": SCRYPT,
}


@pytest.fixture
def back_end(tmp_path: Path) -> Iterator[Callable[..., PasswdFileBackEnd]]:
    made: list[PasswdFileBackEnd] = []

    def write(text: str, *, allow_clear_text: bool = False) -> PasswdFileBackEnd:
        path = tmp_path / "passwd"
        path.write_text(text)
        path.chmod(0o600)
        made.append(PasswdFileBackEnd(path, allow_clear_text=allow_clear_text))
        return made[-1]

    yield write
    for one in made:
        one.close()


@pytest.mark.parametrize(("password", "hashed"), VECTORS)
def test_sha_crypt_as_other_programs_make_it(password: str, hashed: str) -> None:
    assert is_sha_crypt(hashed)
    assert verify(password, hashed)
    assert not verify(password + "x", hashed)


@pytest.mark.parametrize("text", ["", "$6$", "$1$abc$def", "$6$rounds=999999999$salt$" + "." * 86, SIX[:-1]])
def test_what_is_no_sha_crypt_or_would_take_for_ever_is_not_tried(text: str) -> None:
    assert not is_sha_crypt(text)
    assert not verify(HELLO, text)


async def test_each_scheme_tells_right_from_wrong(back_end: Callable[..., PasswdFileBackEnd]) -> None:
    users = back_end("# users\n\n" + "".join(f"{name}:{secret}\n" for name, secret in LINES.items()))
    for name in ("six", "five"):
        assert await users.answer(name, HELLO) is Answer.RIGHT
    assert await users.answer("scrypt", "s3cret") is Answer.RIGHT
    for name in LINES:
        assert await users.answer(name, "wrong") is Answer.WRONG
        assert await users.knows(name)
    assert await users.answer("nobody", HELLO) is Answer.UNKNOWN
    assert not await users.knows("nobody")


async def test_a_salted_hash_of_an_ldap_server_is_taken(back_end: Callable[..., PasswdFileBackEnd]) -> None:
    secret = base64.b64encode(hashlib.sha512(b"s3cretsalt").digest() + b"salt").decode()
    users = back_end(f"Marta:{{SSHA512}}{secret}\n")
    assert await users.answer("marta", "s3cret") is Answer.RIGHT
    assert await users.answer("marta", "s3cretsalt") is Answer.WRONG


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("alice:{PLAIN}secret", "a password in the clear"),
        ("alice:secret", "unknown hash: use {SHA512-CRYPT}"),
        ("alice:$1$abc$def", "unknown hash"),
        ("alice:{SSHA256}AAAA", "this is no {SSHA256} hash"),
        ("alice", "has no colon"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_without_its_secret(
    back_end: Callable[..., PasswdFileBackEnd], line: str, words: str
) -> None:
    with pytest.raises(BadPasswdFile) as fault:
        back_end(f"bob:{SCRYPT}\n{line}\n").load()
    assert "line 2 ('alice')" in str(fault.value)
    assert words in str(fault.value)
    assert "secret" not in str(fault.value)


async def test_clear_text_is_taken_when_it_is_asked_for(back_end: Callable[..., PasswdFileBackEnd]) -> None:
    users = back_end("alice:{PLAIN}se:cret\nbob:{PLAIN}x\n", allow_clear_text=True)
    assert await users.answer("bob", "x") is Answer.RIGHT
    assert await users.answer("bob", "y") is Answer.WRONG


async def test_a_changed_file_counts_at_once_and_a_broken_one_is_weather(
    back_end: Callable[..., PasswdFileBackEnd], tmp_path: Path
) -> None:
    users = back_end(f"alice:{SCRYPT}\n")
    assert await users.answer("alice", "s3cret") is Answer.RIGHT
    path = tmp_path / "passwd"
    path.write_text(f"bob:{SCRYPT}\n")
    os.utime(path, ns=(1, 1))
    assert await users.answer("alice", "s3cret") is Answer.UNKNOWN
    path.write_text("bob:nonsense\n")
    with pytest.raises(DirectoryUnavailable):
        await users.answer("bob", "s3cret")
    path.unlink()
    with pytest.raises(DirectoryUnavailable):
        await users.knows("bob")
