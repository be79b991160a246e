"""A message begun on the command line (`termail -a FILE --to ADDRESS`), for compose to open with."""

from dataclasses import dataclass

import msgspec

from termail.mime.outgoing import Attachment, Draft
from termail.screens.identity import face_for, with_signature
from termail.screens.services import Services


@dataclass(frozen=True, slots=True)
class NewLetter:
    """`to` are addresses or a mailto: URL."""

    to: str = ""
    subject: str = ""
    attachments: tuple[Attachment, ...] = ()


def letter_draft(services: Services, letter: NewLetter) -> Draft:
    """From the account, or the identity that writes to these people."""
    from termail.mime.mailto import draft_from_mailto

    account = services.account_names[0]
    is_url = letter.to.lower().startswith("mailto:")
    start = (
        draft_from_mailto(letter.to, account=account, from_="")
        if is_url
        else Draft(account=account, from_="", to=services.address_book.expand(letter.to))
    )
    face = face_for(services.settings, account, goes_to=start.to)
    return msgspec.structs.replace(
        start,
        account=face.account,
        from_=face.from_,
        subject=letter.subject or start.subject,
        body=with_signature(start.body, face.signature),
        attachments=letter.attachments,
    )
