"""The lecture's own messages: the SMTP dialogue's one line, and its two MIME examples."""

from base64 import b64decode, encodebytes

from bundled_server.world.mail.letter import Letter

DATE = "Thu, 11 Aug 2005 20:20:56 -0300 (ART)"

# A drawing of an envelope, 48 x 32 grey pixels.
PICTURE = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABcQERQRDhcUEhQaGBcbIjklIh8fIkYyNSk5UkhXVVFIUE5bZoNvW2F8Yk5QcptzfIeL"
    "kpSSWG2grJ+OqoOPko3/wAALCAAgADABAREA/8QAGQAAAwEBAQAAAAAAAAAAAAAAAAEDAgQG/8QAKxAAAgEDAAkEAgMAAAAAAAAA"
    "AQIDAAQRFCExQVFSYZTSNHORsxITIoGh/9oACAEBAAA/APQ3E8VtC00zfjGuMnBO/G6pLfwOoZROykZBEDkEfFPTYuS47eTxo02L"
    "kuO3k8aTX8CKWYTqoGSTA4AHxVbeeK5hWaFvyjbODgjfjfU7706+9F9i02tyjGS2IjYnLJjCyHrq1HqP7zjFOO4BcRTL+qU7FYj+"
    "XEqd4/3iBTlnCMI0UvKRkKNg6k7ht+DjOysrA8jB7lgxByqLkKvkep4DAFKx9O3vS/Y1F96dfei+xa6KzJGkqFJUV0O1WGQaUUMc"
    "KlY0CgnJ4k8Sd561uuex9O3vS/Y1VmiSeMxyAlSQdRIOQcjWOoqWhRc9x3EnlRoUXPcdxJ5UaFFz3HcSeVGhRc9x3EnlVYYkgjEc"
    "YIUEnWSTknJ1nqa//9k="
)


def letters() -> list[Letter]:
    """bob's three messages to alice, header and body as the lecture shows them."""
    return [
        _from_bob(b"Esto es una prueba\r\n", b"Subject: Esto es una prueba\r\n"),
        _from_bob(
            b"MIME-Version: 1.0\r\nContent-Transfer-Encoding: base64\r\nContent-Type: image/jpeg\r\n\r\n"
            + _base64(PICTURE),
            b"Subject: Test Mail MIME\r\n",
            in_header=True,
        ),
        _from_bob(_multipart(), b"Subject: Test Mail MIME Multipart\r\n", in_header=True),
    ]


def _from_bob(rest: bytes, subject: bytes, *, in_header: bool = False) -> Letter:
    header = b"From: bob@other.test\r\nTo: alice@cities.org\r\n" + subject + b"Date: " + DATE.encode() + b"\r\n"
    raw = header + (b"" if in_header else b"\r\n") + rest
    return Letter("bob@other.test", "bob@other.test", ("alice@cities.org",), raw)


def _multipart() -> bytes:
    return (
        b'MIME-version: 1.0\r\nContent-type: multipart/mixed; boundary="DDDIIIVVVIIISSSOOORRR"\r\n\r\n'
        b"This is a message with multiple parts in MIME format.\r\n"
        b"--DDDIIIVVVIIISSSOOORRR\r\nContent-type: text/plain\r\n\r\nMensaje en Texto\r\n"
        b"--DDDIIIVVVIIISSSOOORRR\r\nContent-type: application/octet-stream\r\n"
        b"Content-transfer-encoding: base64\r\n\r\n"
        + _base64(bytes(range(256)))
        + b"--DDDIIIVVVIIISSSOOORRR--\r\n"
    )


def _base64(data: bytes) -> bytes:
    return encodebytes(data).replace(b"\n", b"\r\n")
