"""Hosts that look like others: mixed alphabets, letters that pass for Latin ones, one letter changed."""

import unicodedata
from collections.abc import Iterable
from typing import Final

_PASSING: Final = dict(
    pair
    for latin, passing in (
        ("a", "аαɑ"), ("c", "с"), ("d", "ԁ"), ("e", "еε3"), ("g", "ɡ"), ("h", "һ"), ("i", "іιıɩ"), ("j", "ј"),
        ("k", "кκ"), ("l", "ӏ1"), ("n", "η"), ("o", "оο0"), ("p", "рρ"), ("q", "ԛ"), ("s", "ѕ5"), ("t", "тτ"),
        ("u", "υ"), ("v", "ѵν"), ("w", "ԝω"), ("x", "хχ"), ("y", "у"),
    )
    for pair in zip(map(ord, passing), latin * len(passing), strict=True)
)  # fmt: skip
_PAIRS: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("ii", "u"))
WELL_KNOWN: Final = (
    "paypal.com", "google.com", "gmail.com", "apple.com", "icloud.com", "microsoft.com", "outlook.com",
    "office.com",
    "amazon.com", "facebook.com", "instagram.com", "linkedin.com", "netflix.com", "dropbox.com", "github.com",
    "dhl.com", "ups.com", "fedex.com", "ebay.com", "whatsapp.com", "telegram.org", "visa.com", "mastercard.com",
    "santander.com", "bbva.com", "yahoo.com",
)  # fmt: skip


def readable_host(host: str) -> str:
    """IDNA undone ("xn--pypal-4ve.com" → "pаypal.com"); as it is when that fails."""
    try:
        return ".".join(
            label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label
            for label in host.lower().split(".")
        )
    except UnicodeError:
        return host


def imitated(host: str, known: Iterable[str] = ()) -> str:
    """The host that `host` imitates, of `known` and the well-known ones; "mixed alphabets" when none is near but
    one label mixes scripts; else ""."""
    shown = readable_host(host).rstrip(".")
    base = registered(shown)
    candidates = {registered(entry.lower()) for entry in (*known, *WELL_KNOWN) if "." in entry}
    if base in candidates:
        return ""
    skeleton = _skeleton(base)
    for candidate in sorted(candidates):
        if skeleton == _skeleton(candidate) or _is_one_letter_away(base, candidate):
            return candidate
        name = candidate.partition(".")[0]
        if len(name) > 4 and f".{candidate}." in f".{shown}." and base != candidate:
            return candidate  # paypal.com.evil.test
    return "mixed alphabets" if any(_is_mixed(label) for label in shown.split(".")) else ""


def registered(host: str) -> str:
    """The last labels that name an owner: two, or three under co.uk and its like."""
    labels = host.split(".")
    count = (
        3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in ("co", "com", "ac", "gov", "org") else 2
    )
    return ".".join(labels[-count:])


def _skeleton(host: str) -> str:
    """What a hurried eye reads."""
    text = unicodedata.normalize("NFKD", host.lower()).translate(_PASSING)
    text = "".join(character for character in text if not unicodedata.combining(character))
    for pair, single in _PAIRS:
        text = text.replace(pair, single)
    return text


def _is_one_letter_away(one: str, other: str) -> bool:
    """One letter more, less, changed or swapped, in names long enough for that to be no accident."""
    name, _, top = one.partition(".")
    known, _, known_top = other.partition(".")
    if top != known_top or min(len(name), len(known)) < 6 or abs(len(name) - len(known)) > 1 or name == known:
        return False
    start = 0
    while start < min(len(name), len(known)) and name[start] == known[start]:
        start += 1
    rest, known_rest = name[start:], known[start:]
    return (
        rest[1:] == known_rest[1:]
        or rest[1:] == known_rest
        or rest == known_rest[1:]
        or (rest[:2][::-1] == known_rest[:2] and rest[2:] == known_rest[2:])
    )


def _is_mixed(label: str) -> bool:
    """Latin beside Cyrillic or Greek in one label."""
    scripts = {unicodedata.name(character, "?").partition(" ")[0] for character in label if character.isalpha()}
    return "LATIN" in scripts and bool(scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})
