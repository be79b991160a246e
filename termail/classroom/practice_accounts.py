"""The client's settings for a person of the practice world."""

import shlex
import sys
from pathlib import Path

from termail.classroom.practice_world import PracticeWorld

PEOPLE = {
    "alice": ("Alice", "cities.org"),
    "juan": ("Juan Ñúñez", "cities.org"),
    "root": ("Postmaster of cities.org", "cities.org"),
    "bob": ("Bob", "other.test"),
}
PASSWORD = "123456"  # the lecture's own, printed in every lesson


def write_settings(world: PracticeWorld, user: str, folder: Path) -> Path:
    """config.toml for `user`, IMAP and submission with STARTTLS under the world's own authority → `folder`."""
    name, domain = PEOPLE[user]
    host = world.host_of(domain)
    show_password = shlex.join([sys.executable, "-c", f"print({PASSWORD!r})"])
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = f"""# Settings of the practice world, written anew at every start.
[accounts.{user}]
from = {_quoted(f"{name} <{user}@{domain}>")}
retrieve = "imap://{user}@127.0.0.1:{host.ports["imap"]}"
send = "smtp://{user}@127.0.0.1:{host.ports["submission"]}"
sieve = "sieve://{user}@127.0.0.1:{host.ports["managesieve"]}"
password_command = {_quoted(show_password)}
ca = {_quoted(str(world.certificate_authority))}

[practice]
world = {_quoted(str(world.data))}
"""
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return folder


def _quoted(text: str) -> str:
    """A TOML basic string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
