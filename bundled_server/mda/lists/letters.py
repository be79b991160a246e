"""The letters that a list writes itself: answers to commands, questions to members and owners."""

import secrets
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from bundled_server.mailbox.content import Content, prepare
from bundled_server.mda.lists.model import MailingList


class ListLetters:
    """Writes in the name of NAME-request; every letter says that a machine wrote it (RFC 3834 §5)."""

    def __init__(self, mailing_list: MailingList, now: float) -> None:
        self._list = mailing_list
        self._now = now

    def please_confirm(self, address: str, purpose: str, token: str) -> Content:
        verb = "join" if purpose == "join" else "leave"
        text = (
            f"Somebody, perhaps you, asked that {address} may {verb} the list {self._list.address}.\n\n"
            "If it was you, answer this letter; what you write does not matter.\n"
            "If it was not, forget it: nothing happens.\n"
        )
        return self._letter(address, f"confirm: {verb} {self._list.name}", text, reply=token)

    def welcome(self, address: str) -> Content:
        text = (
            f"{address} is now a member of {self._list.address}.\n\n{_described(self._list)}"
            f"To write to everybody, write to {self._list.address}.\n"
            f"To leave, write to {self._list.address_of('leave')}.\n"
        )
        return self._letter(address, f"welcome to {self._list.name}", text)

    def farewell(self, address: str) -> Content:
        return self._letter(address, f"you left {self._list.name}", f"{address} has left {self._list.address}.\n")

    def help(self, address: str, complaint: str = "") -> Content:
        words = f"{complaint}\n\n" if complaint else ""
        text = (
            f"{words}{_described(self._list)}"
            f"To join, write to {self._list.address_of('join')};\n"
            f"to leave, to {self._list.address_of('leave')};\n"
            f"to reach a person, to {self._list.address_of('owner')}.\n"
            "Or put one of these words into the subject of a letter to this address: join, leave, help.\n"
        )
        return self._letter(address, f"help for {self._list.name}", text)

    def held(self, address: str) -> Content:
        text = f"Your letter to {self._list.address} waits until an owner of the list has read it.\n"
        return self._letter(address, f"your letter to {self._list.name} waits", text)

    def rejected(self, address: str, subject: str) -> Content:
        text = f"An owner of {self._list.address} decided not to pass your letter on:\n\n    {subject}\n"
        return self._letter(address, f"your letter to {self._list.name} was not passed on", text)

    def please_moderate(self, owner: str, approve: str, reject: str, held: "HeldLetter") -> Content:
        text = (
            f"A letter to {self._list.address} waits for you:\n\n"
            f"    From: {held.sender}\n    Subject: {held.subject}\n\n"
            "Answer this letter to pass it on. To refuse it, write to\n"
            f"{self._list.address_of('request', reject)}\n\n"
            f"Or: termail-server list moderate {self._list.name} approve|reject {held.mark}\n\n"
            f"It begins:\n\n{held.beginning}\n"
        )
        return self._letter(owner, f"{self._list.name}: a letter waits", text, reply=approve)

    def _letter(self, to: str, subject: str, text: str, reply: str = "") -> Content:
        message = EmailMessage(policy=SMTP)
        message["From"] = self._list.address_of("request")
        message["To"] = to
        message["Subject"] = subject
        message["Date"] = format_datetime(datetime.fromtimestamp(self._now, UTC))
        message["Message-ID"] = f"<{secrets.token_hex(12)}@{self._list.domain}>"
        if reply:
            message["Reply-To"] = self._list.address_of("request", reply)
        message["Auto-Submitted"] = "auto-replied"
        message["Precedence"] = "bulk"
        message["List-Id"] = f"<{self._list.list_id}>"
        message.set_content(text, charset="utf-8")
        return prepare(message.as_bytes())


class HeldLetter:
    """What an owner is told of a letter that waits; every text is one line without control characters."""

    def __init__(self, mark: str, sender: str, subject: str, beginning: str) -> None:
        self.mark, self.sender = mark, one_line(sender)
        self.subject, self.beginning = one_line(subject), beginning


def one_line(text: str) -> str:
    """What a stranger wrote, fit for a header or a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:200].strip()


def _described(mailing_list: MailingList) -> str:
    return f"{mailing_list.description}\n\n" if mailing_list.description else ""
