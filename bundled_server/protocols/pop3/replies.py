"""POP3's replies: status lines and dot-stuffed text (RFC 1939 §3)."""


def ok(text: str) -> bytes:
    return _line(b"+OK ", text)


def err(text: str, code: str = "") -> bytes:
    """`-ERR [CODE] text` (RFC 2449 §8)."""
    return _line(b"-ERR ", f"[{code}] {text}" if code else text)


def _line(status: bytes, text: str) -> bytes:
    words = "".join(c if " " <= c <= "~" else "?" for c in text[:400])
    return status + words.encode("ascii") + b"\r\n"


def dot_stuffed(text: bytes) -> bytes:
    """Message text as a multi-line reply sends it, its end included."""
    start = b"." if text.startswith(b".") else b""
    end = b".\r\n" if text.endswith(b"\r\n") or not text else b"\r\n.\r\n"
    return b"".join((start, text.replace(b"\r\n.", b"\r\n.."), end))


def first_lines(message: bytes, lines: int) -> bytes:
    """The header, the blank line, and so many lines of the body (TOP, RFC 1939 §7)."""
    end = message.find(b"\r\n\r\n")
    if end < 0:
        return message
    position = end + 4
    for _ in range(lines):
        line_end = message.find(b"\r\n", position)
        if line_end < 0:
            return message
        position = line_end + 2
    return message[:position]
