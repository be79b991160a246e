"""Every agent, protocol, transcript, header example, anti-spam method and numbered step of the lecture is met in a
lesson, in English and in Spanish, or in the tour."""

import re

import pytest

from termail.classroom.lesson.model import Lesson, Talk
from termail.classroom.lesson.shelf import Shelf
from termail.classroom.scenes import STEP_TITLES

LECTURE = {
    # what it was called on the slide → (the lesson, what is said there in every language)
    "Ray Tomlinson, 1971": ("first-message", "1971.*Tomlinson|Tomlinson.*1971"),
    "UUCP, MACH2!MACH1!USER": ("mx-and-dns", "UUCP.*`MACH2!MACH1!USER`"),
    "1972: the @": ("first-message", "1972.*`@`"),
    "1982: SMTP": ("smtp-by-hand", "SMTP.*1982"),
    "1988: the Morris worm and Sendmail": ("spam-and-viruses", "1988.*Morris.*Sendmail"),
    "MUA": ("first-message", r"\*\*MUA\*\*"),
    "local MTA": ("first-message", r"MTA local|local MTA"),
    "MSA, port 587, RFC 6409": ("esmtp", "587.*6409"),
    "MSA completes the header": ("envelope-header-body", "MSA.*`Date:`.*`Message-ID:`.*`From:`"),
    "MTA": ("first-message", r"\*\*MTA\*\*"),
    "MTA keeps mail for a while": ("queue-and-bounces", r"\*\*(queue|cola)\*\*"),
    "MDA, LDA": ("first-message", r"\*\*MDA\*\* \(LDA\)"),
    "MAA": ("first-message", r"\*\*MAA\*\*"),
    "MRA": ("first-message", r"\*\*MRA\*\*"),
    "external authentication server": ("first-message", "LDAP"),
    "Web Mail": ("first-message", "HTTP.*12"),
    "list servers": ("envelope-header-body", "redes@cities.org"),
    "SMTP, port 25, RFC 821": ("smtp-by-hand", "RFC 821.*25"),
    "7 bit ASCII": ("mime", "US-ASCII"),
    "CRLF.CRLF": ("smtp-by-hand", r"CR LF \. CR LF"),
    "interactive or pipelined": ("esmtp", "PIPELINING"),
    "with and without AUTH, TLS": ("esmtp", "STARTTLS.*AUTH PLAIN"),
    "envelope": ("envelope-header-body", r"\*\*(envelope|envoltorio)\*\*.*RCPT TO"),
    "header: Return-Path, X-Mailer": ("envelope-header-body", "Return-Path.*X-Mailer"),
    "body after an empty line": ("envelope-header-body", r"\*\*(one empty line|una línea vacía)\*\*"),
    "MIME, RFC 2045": ("mime", "MIME.*RFC 2045"),
    "uuencode": ("mime", "uuencode"),
    "base64": ("mime", "base64"),
    "quoted-printable": ("mime", "quoted-printable"),
    "Test Mail MIME: image/jpeg": ("mime", "image/jpeg"),
    "Test Mail MIME Multipart": ("mime", "DDDIIIVVVIIISSSOOORRR"),
    "ESMTP: VRFY EXPN ETRN HELP DSN": ("esmtp", "ETRN.*VRFY.*EXPN.*HELP"),
    "ESMTP: ENHANCEDSTATUSCODES, SIZE, 8BITMIME": ("esmtp", "8BITMIME.*SIZE.*ENHANCEDSTATUSCODES"),
    "POP, RFC 1939, port 110": ("pop-by-hand", "RFC 1939.*110"),
    "IMAP, RFC 1730, port 143": ("imap-by-hand", "RFC 1730.*143"),
    "access over TLS": ("imap-by-hand", "993"),
    "IMAP: folders, on the server": ("imap-by-hand", "(folders|carpetas)"),
    "the slide's USER is LOGIN": ("imap-by-hand", "USER.*LOGIN"),
    "open relay": ("open-relay-and-lists", "open relay"),
    "spambots": ("open-relay-and-lists", "spambots"),
    "RBL": ("open-relay-and-lists", r"\*\*RBL\*\*"),
    "greylist": ("open-relay-and-lists", "greylist"),
    "white list": ("open-relay-and-lists", "white list|lista blanca"),
    "content filters": ("spam-and-viruses", "content filter|filtro de contenido"),
    "rules trained by the user": ("spam-and-viruses", "trained by the user|entrenadas por el usuario"),
    "anti-virus": ("spam-and-viruses", "EICAR"),
    "steps 1 to 4": ("first-message", r"\(?(steps|pasos) 1\s+(to|a)\s+4"),
    "step 5": ("first-message", r"\((step|paso) 5\)"),
    "step 6": ("first-message", r"\((step|paso) 6\)"),
    "steps 7, 8": ("first-message", r"\((steps 7 and 8|pasos 7 y 8)\)"),
    "steps 9, 10": ("first-message", r"\((steps 9 and 10|pasos 9 y 10)\)"),
    "step 11": ("first-message", r"\((step|paso) 11\)"),
    "step 12": ("first-message", r"\((step|paso) 12\)"),
}
TRANSCRIPTS = {
    "smtp-by-hand": (
        "HELO", "MAIL FROM:<bob@other.test>", "RCPT TO:<alice@cities.org>", "DATA", "Esto es una prueba", "QUIT",
    ),
    "pop-by-hand": ("USER alice", "PASS 123456", "NOEXIST", "LIST", "TOP 1", "QUIT"),
    "imap-by-hand": ("LOGIN alice", "SELECT INBOX", "FETCH 1 BODY", "BODY[TEXT]", "LOGOUT"),
    "esmtp": ("EHLO", "STARTTLS", "AUTH PLAIN"),
    "mime": ("MIME-version: 1.0", "multipart/mixed", "Mensaje en Texto", "application/octet-stream"),
}  # fmt: skip


def told(lesson: Lesson) -> str:
    return " ".join(" ".join(f"{step.text} {step.hint}".split()) for step in lesson.steps)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("item", LECTURE)
def test_what_the_lecture_names_is_met_in_a_lesson(item: str, language: str) -> None:
    name, words = LECTURE[item]
    assert re.search(words, told(Shelf(language).lesson(name))), f"{name} ({language}) says nothing of {item}"


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_the_transcripts_of_the_lecture_are_typed_in_a_lesson(name: str) -> None:
    played = [
        action.lines for step in Shelf().lesson(name).steps for action in step.solution if isinstance(action, Talk)
    ]
    typed = "\n".join(played)
    assert [line for line in TRANSCRIPTS[name] if line not in typed] == []


def test_the_tour_has_a_title_for_every_numbered_step() -> None:
    assert list(STEP_TITLES) == list(range(1, 13))
