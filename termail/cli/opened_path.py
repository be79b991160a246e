"""A Maildir or mbox opened by its path: settings of its own, and a store that is kept for the next time."""

import hashlib
import json
import os
import re
from pathlib import Path

from termail.cli.errors import UserError
from termail.config import Settings

NOBODY = "nobody@localhost"


def settings_for_path(path: Path, settings: Settings, data: Path) -> tuple[Path, Path]:
    """(settings folder, data folder) for the mail at `path`. Replies go out as the user's first account."""
    place = path.resolve()
    kind = _kind(place)
    key = hashlib.sha256(os.fsencode(place)).hexdigest()[:16]
    own = data / "opened" / key
    (own / "config").mkdir(parents=True, exist_ok=True, mode=0o700)
    account = next(iter(settings.accounts.values()), None)
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", place.name).strip("-") or kind
    lines = [f"[accounts.{name}]", f"from = {_quoted(account.from_ if account else NOBODY)}"]
    lines.append(f"retrieve = {_quoted(f'{kind}:{place}')}")
    if account and account.send:
        lines.append(f"send = {_quoted(account.send)}")
        lines += [f"password_command = {_quoted(account.password_command)}"] if account.password_command else []
    lines += [
        "[ui]",
        *(f"{field} = {_value(getattr(settings.ui, field))}" for field in settings.ui.__struct_fields__),
    ]
    for context, keys in settings.keys.items():
        lines += [f"[keys.{context}]", *(f"{_quoted(key)} = {_quoted(command)}" for key, command in keys.items())]
    file = own / "config/config.toml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    file.chmod(0o600)
    return own / "config", own / "data"


def _kind(path: Path) -> str:
    """maildir or mbox; raises UserError for what is neither."""
    if path.is_dir():
        if (path / "cur").is_dir() or (path / "new").is_dir():
            return "maildir"
        raise UserError(f"{path} is a folder, but no Maildir: it has no cur and new in it", 2)
    if not path.exists():
        raise UserError(f"there is no {path}", 2)
    try:
        with path.open("rb") as file:
            start = file.read(5)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}", 2) from error
    if start not in (b"From ", b""):
        raise UserError(f"{path} is no mbox: it does not begin with 'From '", 2)
    return "mbox"


def _value(value: object) -> str:
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
