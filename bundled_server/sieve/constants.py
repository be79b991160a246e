"""Checks of arguments whose value is known before any mail comes: patterns, addresses, names, relations."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from bundled_server.sieve.dates import PARTS, ZONE
from bundled_server.sieve.errors import SieveError
from bundled_server.sieve.language import ADDRESS_FIELDS, ENVELOPE_PARTS
from bundled_server.sieve.matching import RELATIONS, Comparator, Matcher, MatchType
from bundled_server.sieve.regex import compiled
from bundled_server.sieve.regex_program import BadPattern
from bundled_server.sieve.script import Call, Value

FIELD_NAME: Final = re.compile(r"[!-9;-~]+")
VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
ADDRESS: Final = re.compile(r"[^\s<>()\[\]\\,;:@\"\x00-\x1f\x7f]+@[^\s<>()\[\]\\,;:@\"\x00-\x1f\x7f]+")
_NAMED: Final = re.compile(r'(?:[^<>@,;:"\x00-\x1f\x7f]*|\s*"[^"\\\x00-\x1f\x7f]*"\s*)<([^<>]*)>\s*')
SPECIAL_USES: Final = ("\\All", "\\Archive", "\\Drafts", "\\Flagged", "\\Important", "\\Junk", "\\Sent", "\\Trash")
_CANONICAL_USES: Final = {use.lower(): use for use in SPECIAL_USES}
LONGEST_MAILBOX: Final = 1000
PATTERNS: Final = (MatchType.CONTAINS, MatchType.MATCHES, MatchType.REGEX)
LONGEST_ADDRESS: Final = 320


def is_address(text: str) -> bool:
    """Whether mail can be sent there: one plain addr-spec."""
    return len(text) <= LONGEST_ADDRESS and ADDRESS.fullmatch(text) is not None


def is_mailbox(text: str) -> bool:
    """Whether a mailbox may have this name."""
    return bool(text.strip("/")) and len(text) <= LONGEST_MAILBOX and text.isprintable()


def bare_address(text: str) -> str:
    """The addr-spec of `address` or `Name <address>`, "" for anything else: nothing is guessed here, for mail is
    sent there."""
    match = _NAMED.fullmatch(text)
    address = match[1] if match else text.strip()
    return address if is_address(address) else ""


def special_use(text: str) -> str:
    """A special use as RFC 6154 writes it, "" for what is none."""
    return _CANONICAL_USES.get(text.lower(), "")


def one_line(text: str) -> bool:
    """Whether it can be a header field's value: CR, LF and NUL would write other fields (SECURITY: injection)."""
    return not any(character in text for character in "\r\n\0")


class Constants:
    """With variables, a string that holds "${" is only known when a message is there: it is left to the run."""

    def __init__(self, *, has_variables: bool) -> None:
        self._has_variables = has_variables

    def check(self, call: Call) -> None:
        """Raises SieveError."""
        for tag, value in call.tags.items():
            if tag in _OF_TAGS:
                _OF_TAGS[tag](self, call, value)
        if call.name in _OF_WORDS:
            _OF_WORDS[call.name](self, call)

    def keys(self, line: int, matcher: Matcher, keys: tuple[str, ...]) -> None:
        """The keys of a match, its patterns above all."""
        if matcher.kind in PATTERNS and matcher.comparator is Comparator.ASCII_NUMERIC:
            raise SieveError(line, f'":{matcher.kind.value}" cannot use "i;ascii-numeric", which compares numbers')
        if matcher.kind is MatchType.REGEX:
            for key in self._known(keys):
                try:
                    compiled(key, matcher.comparator is Comparator.ASCII_CASEMAP)
                except BadPattern as fault:
                    raise SieveError(line, f'"{key}" is no regular expression: {fault}') from None

    def _known(self, value: Value) -> tuple[str, ...]:
        texts = value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()
        return tuple(text for text in texts if not (self._has_variables and "${" in text))

    # tags

    def _tag_zone(self, call: Call, value: Value) -> None:
        for text in self._known(value):
            if not ZONE.fullmatch(text):
                raise SieveError(call.line, f'":zone" is written "+0100" or "-0500", not "{text}"')

    def _tag_index(self, call: Call, value: Value) -> None:
        if value == 0:
            raise SieveError(call.line, '":index" counts from 1')

    def _tag_specialuse(self, call: Call, value: Value) -> None:
        for text in self._known(value):
            self._special_use(call.line, text)

    def _tag_from(self, call: Call, value: Value) -> None:
        for text in self._known(value):
            if not one_line(text) or not bare_address(text):
                raise SieveError(call.line, f'":from" takes one address, not "{text}"')

    def _tag_subject(self, call: Call, value: Value) -> None:
        for text in self._known(value):
            if not one_line(text):
                raise SieveError(call.line, '":subject" is one line: it may hold no line break')

    def _tag_addresses(self, call: Call, value: Value) -> None:
        for text in self._known(value):
            if not bare_address(text):
                raise SieveError(call.line, f'":addresses" takes addresses, and "{text}" is none')

    def _tag_header(self, call: Call, value: Value) -> None:
        self._fields(call.line, self._known(value))

    # words

    def _word_address(self, call: Call) -> None:
        names = self._known(call.words[0])
        self._fields(call.line, names)
        for name in names:
            if name.lower() not in ADDRESS_FIELDS:
                raise SieveError(call.line, f'"{name}" holds no addresses: use the header test for it')

    def _word_header(self, call: Call) -> None:
        self._fields(call.line, self._known(call.words[0]))

    def _word_date(self, call: Call) -> None:
        self._fields(call.line, self._known(call.words[0]))
        self._date_part(call, 1)

    def _word_currentdate(self, call: Call) -> None:
        self._date_part(call, 0)

    def _date_part(self, call: Call, position: int) -> None:
        for part in self._known(call.words[position]):
            if part.lower() not in PARTS:
                raise SieveError(call.line, f'"{part}" is no part of a date; there are {", ".join(sorted(PARTS))}')

    def _word_envelope(self, call: Call) -> None:
        for part in self._known(call.words[0]):
            if part.lower() not in ENVELOPE_PARTS:
                raise SieveError(call.line, f'the envelope has "from" and "to", not "{part}"')

    def _word_fileinto(self, call: Call) -> None:
        for name in self._known(call.words[0]):
            if not is_mailbox(name):
                raise SieveError(call.line, f"{name!r} cannot be the name of a mailbox")

    def _word_redirect(self, call: Call) -> None:
        for address in self._known(call.words[0]):
            if not bare_address(address):
                raise SieveError(call.line, f'redirect takes one address, and "{address}" is none')

    def _word_set(self, call: Call) -> None:
        name = str(call.words[0])
        if not VARIABLE.fullmatch(name.removeprefix("global.")):
            raise SieveError(call.line, f'"{name}" cannot be the name of a variable: letters, digits and _')

    def _word_global(self, call: Call) -> None:
        for name in self._known(call.words[0]):
            if not VARIABLE.fullmatch(name):
                raise SieveError(call.line, f'"{name}" cannot be the name of a variable: letters, digits and _')

    def _word_specialuse_exists(self, call: Call) -> None:
        for text in self._known(call.words[1]):
            self._special_use(call.line, text)

    def _special_use(self, line: int, text: str) -> None:
        if not special_use(text):
            raise SieveError(line, f'"{text}" is no special use; there are {", ".join(SPECIAL_USES)}')

    def _fields(self, line: int, names: tuple[str, ...]) -> None:
        for name in names:
            if not FIELD_NAME.fullmatch(name):
                raise SieveError(line, f'"{name}" cannot be the name of a header field')


_OF_TAGS: Final[Mapping[str, Callable[[Constants, Call, Value], None]]] = {
    "addresses": Constants._tag_addresses,
    "from": Constants._tag_from,
    "header": Constants._tag_header,
    "index": Constants._tag_index,
    "specialuse": Constants._tag_specialuse,
    "subject": Constants._tag_subject,
    "zone": Constants._tag_zone,
}
_OF_WORDS: Final[Mapping[str, Callable[[Constants, Call], None]]] = {
    "address": Constants._word_address,
    "currentdate": Constants._word_currentdate,
    "date": Constants._word_date,
    "envelope": Constants._word_envelope,
    "exists": Constants._word_header,
    "fileinto": Constants._word_fileinto,
    "global": Constants._word_global,
    "header": Constants._word_header,
    "redirect": Constants._word_redirect,
    "set": Constants._word_set,
    "specialuse_exists": Constants._word_specialuse_exists,
}


def matcher_of(call_line: int, tags: "dict[str, Value]") -> Matcher:
    """The matcher that the tags ask for. Raises SieveError."""
    kind, relation = MatchType.IS, ""
    for name in MatchType:
        if name.value in tags:
            kind = name
            value = tags[name.value]
            relation = value.lower() if isinstance(value, str) else ""
    if kind in (MatchType.VALUE, MatchType.COUNT) and relation not in RELATIONS:
        raise SieveError(call_line, f'":{kind.value}" takes one of {", ".join(RELATIONS)}, not "{relation}"')
    wanted = tags.get("comparator", Comparator.ASCII_CASEMAP.value)
    try:
        comparator = Comparator(str(wanted))
    except ValueError:
        known = ", ".join(each.value for each in Comparator)
        raise SieveError(call_line, f'"{wanted}" is no comparator; there are {known}') from None
    return Matcher(kind, comparator, relation)
