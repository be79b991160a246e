"""Octets to text whatever their label says: declared charset, UTF-8, cp1252, a guess."""

import codecs
from encodings.aliases import aliases as _python_aliases
from functools import lru_cache
from typing import Final

from termail.mime import limits

# What mail says and what it means. Latin-1 in mail is cp1252 (as the WHATWG Encoding Standard has it); the
# Chinese and Korean labels mean their supersets.
_MEANT: Final = {
    "iso_8859_1": "cp1252", "iso8859_1": "cp1252", "latin1": "cp1252", "latin_1": "cp1252", "l1": "cp1252",
    "us_ascii": "ascii", "ansi_x3.4_1968": "ascii", "x_ascii": "ascii", "7bit": "ascii", "en_us": "ascii",
    "ansi": "cp1252", "x_ansi": "cp1252", "cp_850": "cp850", "dos": "cp437",
    "utf8mb4": "utf_8", "utf8mb3": "utf_8", "unicode_1_1_utf_8": "utf_8", "utf": "utf_8", "utf_8_": "utf_8",
    "x_unicode": "utf_8", "unicode_1_1_utf_7": "utf_7", "x_unicode_2_0_utf_7": "utf_7",
    "gb2312": "gb18030", "gb_2312_80": "gb18030", "gb_2312": "gb18030", "gbk": "gb18030", "x_gbk": "gb18030",
    "ks_c_5601_1987": "cp949", "ks_c_5601": "cp949", "euc_kr": "cp949", "ksc5601": "cp949",
    "x_sjis": "cp932", "shift_jis": "cp932", "windows_31j": "cp932", "x_euc_jp": "euc_jp",
    "iso_8859_8_i": "iso8859_8", "iso_8859_8_e": "iso8859_8", "iso_8859_6_i": "iso8859_6",
    "x_mac_roman": "mac_roman", "macintosh": "mac_roman", "x_mac_cyrillic": "mac_cyrillic",
    "tis_620": "cp874", "iso_8859_11": "cp874", "big5": "big5hkscs", "x_big5": "big5hkscs",
}  # fmt: skip
# Python knows these as text encodings; mail has no business with them (some are quadratic, some evaluate escapes).
_REFUSED: Final = frozenset(
    ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem", "unicode_internal",
     "base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec", "charmap")
)  # fmt: skip
_MULTIBYTE_GUESSES: Final = frozenset(
    ("gb18030", "big5", "big5hkscs", "euc_jp", "euc_kr", "cp949", "cp932", "shift_jis", "koi8_r", "cp1251",
     "iso8859_5", "iso8859_7", "cp1253", "cp1255", "cp1256", "cp874", "koi8_u", "utf_16", "utf_16_le", "utf_16_be")
)  # fmt: skip
_BESIDE_THE_ALIASES: Final = frozenset(
    ("utf_8_sig", "koi8_r", "koi8_u", "cp1006", "cp856", "cp874", "cp875", "cp737", "cp720", "iso8859_1",
     "iso2022_jp_1", "big5hkscs", "mac_croatian", "mac_farsi", "mac_romanian")
)  # fmt: skip
_KNOWN: Final = frozenset(_python_aliases.values()) | _BESIDE_THE_ALIASES


@lru_cache(maxsize=512)
def python_codec(label: str) -> str | None:
    """The Python codec for a charset label, or None. Never asks the import system about strangers."""
    if not label or len(label) > 40:
        return None
    name = label.strip(" \t\"'").lower()
    if name.startswith("charset="):
        name = name[8:].strip("\"'")
    name = name.replace("-", "_").replace(" ", "_").replace(":", "_")
    codec = _MEANT.get(name) or _python_aliases.get(name.replace(".", "_")) or name
    if codec in _REFUSED or codec not in _KNOWN:
        shortened = name.removeprefix("x_").replace("windows_", "cp").replace("cp_", "cp")
        codec = _MEANT.get(shortened) or _python_aliases.get(shortened) or shortened
        if codec in _REFUSED or codec not in _KNOWN:
            return None
    try:
        return codecs.lookup(codec).name
    except LookupError:
        return None


def decode_text(data: bytes, label: str) -> str:
    """`data` as text by its label; where that fails UTF-8, then the label leniently, then cp1252 or a guess."""
    codec = python_codec(label)
    if codec is not None and codec != "cp1252":
        try:
            return data.decode(codec)
        except (UnicodeError, ValueError):
            pass
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wrong_at = error.start
    if codec == "utf-8" and (wrong_at > len(data) - 4 or _is_mostly_utf8(data)):
        return data.decode("utf-8", "replace")
    if codec is not None and codec not in ("ascii", "utf-8", "cp1252"):
        return data.decode(codec, "replace")
    if codec is None or codec == "ascii":
        guessed = _guess(data)
        if guessed is not None:
            return guessed
    return decode_cp1252(data)


def decode_cp1252(data: bytes) -> str:
    """cp1252, its five holes read as Latin-1 so that nothing is lost (they are C1, for the sanitiser)."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1").translate(_CP1252_OVER_LATIN1)


def decode_raw_header(data: bytes) -> str:
    """Header octets outside encoded words: ASCII, UTF-8 (RFC 6532), else cp1252."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return decode_cp1252(data)


def _is_mostly_utf8(data: bytes) -> bool:
    sample = data[: limits.GUESS_OCTETS]
    high = sum(octet > 0x7F for octet in sample)
    return sample.decode("utf-8", "replace").count("\ufffd") * 4 <= high


def _guess(data: bytes) -> str | None:
    """Asks charset-normalizer, but only where cp1252 would be gibberish: a good share of letters is 8-bit."""
    sample = data[: limits.GUESS_OCTETS]
    high = sum(octet > 0x7F for octet in sample)
    if high < 8 or high * 4 < len(sample):
        return None
    from charset_normalizer import from_bytes

    try:
        best = from_bytes(sample, steps=3, chunk_size=1024, cp_isolation=sorted(_MULTIBYTE_GUESSES)).best()
        return None if best is None else data.decode(best.encoding, "replace")
    except (UnicodeError, LookupError, ValueError, TypeError):
        return None


_CP1252_OVER_LATIN1: Final = {
    octet: bytes((octet,)).decode("cp1252")
    for octet in range(0x80, 0xA0)
    if octet not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
