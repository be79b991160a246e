"""ManageSieve's replies: strings, and the OK, NO and BYE lines (RFC 5804 §1.2, §4)."""


def string(text: bytes) -> bytes:
    """Quoted where it can be, else a literal."""
    if len(text) <= 1024 and not any(octet in text for octet in b"\r\n\0"):
        return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    return b"{%d}\r\n%b" % (len(text), text)


def ok(text: str = "", code: bytes = b"") -> bytes:
    return _line(b"OK", text, code)


def no(text: str, code: bytes = b"") -> bytes:
    return _line(b"NO", text, code)


def bye(text: str, code: bytes = b"") -> bytes:
    return _line(b"BYE", text, code)


def _line(word: bytes, text: str, code: bytes) -> bytes:
    words = [word]
    if code:
        words.append(b"(%b)" % code)
    if text:
        words.append(string(printable(text).encode("utf-8", "replace")))
    return b" ".join(words) + b"\r\n"


def printable(text: str) -> str:
    """No control character of a script reaches the other end's terminal; line breaks stay."""
    return "".join(c if c.isprintable() or c in "\r\n" else "?" for c in text)
