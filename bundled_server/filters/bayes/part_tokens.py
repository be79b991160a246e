"""Tokens of the MIME structure: types, character sets, encodings, and the kinds of files that are attached."""

from collections.abc import Iterator

from bundled_server.mailbox.structure import Part


def part_tokens(part: Part) -> Iterator[str]:
    """`mime:` facts of one part."""
    kind = f"{part.main_type.decode('latin-1')}/{part.subtype.decode('latin-1')}".lower()
    yield f"mime:{kind}"
    if part.encoding != b"7BIT":
        yield f"mime:{part.encoding.decode('latin-1').lower()}"
    for name, value in part.parameters:
        text = value.decode("latin-1").lower()
        if name == b"CHARSET":
            yield f"mime:charset={text}"
        elif name == b"NAME":
            yield f"mime:file={_ending(text)}"
    disposition = part.disposition
    if disposition is not None:
        kind_shown, parameters = disposition
        yield f"mime:{kind_shown.decode('latin-1').lower()}"
        for name, value in parameters:
            if name == b"FILENAME":
                yield f"mime:file={_ending(value.decode('latin-1').lower())}"


def _ending(file_name: str) -> str:
    """ ".pdf" of "invoice.pdf"; two endings together are a trick of their own."""
    pieces = file_name.rsplit(".", 2)
    return "." + ".".join(piece[:8] for piece in pieces[1:])
