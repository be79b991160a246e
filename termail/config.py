"""The client's settings: TOML in $TERMAIL_CONFIG_DIR or the XDG place, read strictly into frozen structs."""

from pathlib import Path

import msgspec


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """One mail account, as [accounts.NAME] in config.toml (keys are written with _ or -).

    `retrieve`: imaps://USER@HOST[:PORT], imap:// (STARTTLS), imap+insecure://, pop3s://, pop3://,
    pop3+insecure://, maildir:PATH, mbox:PATH. `send`: smtps://USER@HOST[:PORT], smtp:// (STARTTLS),
    smtp+insecure://, "" for none. `ca`: a PEM file trusted for this account beside the system's.
    """

    from_: str
    retrieve: str
    send: str = ""
    password_command: str = ""
    ca: str = ""
    signature: str = ""
    alternates: tuple[str, ...] = ()


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in config.toml. The config room's owner completes this."""

    accounts: dict[str, Account] = {}


def config_folder() -> Path:
    """$TERMAIL_CONFIG_DIR, else $XDG_CONFIG_HOME/termail, else ~/.config/termail."""
    raise NotImplementedError


def data_folder() -> Path:
    """$TERMAIL_DATA_DIR, else $XDG_DATA_HOME/termail, else ~/.local/share/termail: the store, the agent's socket."""
    raise NotImplementedError
