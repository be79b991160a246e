"""A small mailbox for screenshots: threads, a list, quotes, a patch, HTML, an attachment, other scripts."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from termail.store.local_store import Arrived, LocalStore, RemoteFolder

NOW = datetime(2026, 11, 23, 10, 40, tzinfo=UTC)
FOLDERS = (
    RemoteFolder(name="INBOX", role="inbox"),
    RemoteFolder(name="Drafts", role="drafts"),
    RemoteFolder(name="Sent", role="sent"),
    RemoteFolder(name="Archive", role="archive"),
    RemoteFolder(name="Archive/2025"),
    RemoteFolder(name="Lists"),
    RemoteFolder(name="Lists/linux-mm"),
    RemoteFolder(name="Lists/redes"),
    RemoteFolder(name="Junk", role="junk"),
    RemoteFolder(name="Trash", role="trash"),
)

_COVER = """\
Hello Alice,

this series batches folio reclaim so that each walk takes the lru lock once
instead of once a page. The numbers are at https://other.test/report and I
would like them looked at by somebody who did not write the code.

On Thu, Alice wrote:
> Thanks for the second version. Before it goes further I would like to see
> the figures on a machine with slow memory, because the lock is held for
> longer in the worst case.
> > The batch size is fifteen, as everywhere else.
> > It could be larger but nothing got faster above that.
> Could you also try it with the reader workload? It is the one that hurt
> us last time, and nobody noticed until the release.
> Otherwise this looks good. Small remarks below.
> I read all of it and I am happy with the direction.

Both are done: patch 4 is new, and the table in the report has a column for
the machine you asked about. The worst case is 3 % slower, the rest faster:

    workload        before    after
    reader          1,204     1,377
    writer            981     1,112
    mixed           1,090     1,056

Best,
Bob
--\u0020
Bob Marlow · other.test
"""

_PATCH = """\
Take the lru lock once for a whole batch.

---
 mm/vmscan.c | 6 +++---
 1 file changed, 3 insertions(+), 3 deletions(-)

diff --git a/mm/vmscan.c b/mm/vmscan.c
@@ -1102,7 +1102,7 @@ static unsigned int shrink_folio_list(
-\tspin_lock_irq(&lruvec->lru_lock);
+\tfolio_batch_init(&batch);
"""


def _message(
    name: str,
    address: str,
    subject: str,
    body: str,
    age: timedelta,
    *,
    answers: str = "",
    key: str = "",
    **extra: str,
) -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"{name} <{address}>"
    message["To"] = extra.pop("to", "Alice <alice@cities.org>")
    message["Subject"] = subject
    message["Date"] = format_datetime(NOW - age)
    message["Message-ID"] = f"<{key or subject.lower().replace(' ', '.')[:20]}@{address.partition('@')[2]}>"
    if answers:
        message["In-Reply-To"] = message["References"] = answers
    for header, value in extra.items():
        message[header.replace("_", "-")] = value
    message.set_content(body)
    return message


def _messages() -> list[tuple[EmailMessage, frozenset[str]]]:
    read, replied, flagged = (
        frozenset({"\\Seen"}),
        frozenset({"\\Seen", "\\Answered"}),
        frozenset({"\\Seen", "\\Flagged"}),
    )
    new: frozenset[str] = frozenset()
    hours, days = (lambda n: timedelta(hours=n)), (lambda n: timedelta(days=n))
    kernel = {"List_Id": "<linux-mm.kernel.test>"}
    cover = "<cover@other.test>"
    found = [
        (_message("Root", "root@cities.org", "Welcome to cities.org", "Your mailbox is ready.\n", days(20)), read),
        (_message("Juan Pérez", "juan@cities.org", "Esto es una prueba", "Hola Alice.\n", days(12)), replied),
        (
            _message(
                "Zoë Østergaard", "zoe@nord.test", "Lunch on Tuesday?", "Tuesday at one?\n", days(3), key="lunch"
            ),
            replied,
        ),
        (
            _message(
                "Alice",
                "alice@cities.org",
                "Re: Lunch on Tuesday?",
                "Yes!\n",
                days(2),
                answers="<lunch@nord.test>",
            ),
            read,
        ),
        (
            _message(
                "Печкин", "post@prostokvashino.test", "Посылка для вашего мальчика", "Ждёт.\n", days(2), key="post"
            ),
            read,
        ),
        (
            _message(
                "Bob",
                "bob@other.test",
                "[PATCH v3 0/7] mm: folio batching",
                _COVER,
                hours(26),
                key="cover",
                **kernel,
            ),
            flagged,
        ),
    ]
    for number, title in enumerate(
        ("take the lock once", "batch the putback", "drop the flag", "count what is batched"), 1
    ):
        found.append(
            (
                _message(
                    "Bob",
                    "bob@other.test",
                    f"[PATCH v3 {number}/7] mm: {title}",
                    _PATCH,
                    hours(26) - timedelta(minutes=number),
                    answers=cover,
                    key=f"p{number}",
                    **kernel,
                ),
                read if number < 3 else new,
            )
        )
    found += [
        (
            _message(
                "Grace Hopper",
                "grace@navy.test",
                "Re: [PATCH v3 1/7] mm: take the lock once",
                "> batch\nReviewed.\n",
                hours(20),
                answers="<p1@other.test>",
                key="g1",
                **kernel,
            ),
            read,
        ),
        (
            _message(
                "Linus",
                "linus@kernel.test",
                "Re: [PATCH v3 1/7] mm: take the lock once",
                "Applied.\n",
                hours(9),
                answers="<g1@navy.test>",
                key="l1",
                **kernel,
            ),
            new,
        ),
        (
            _message(
                "Ana María García",
                "ana@cities.org",
                "Práctica de redes: entrega del grupo 3",
                "Adjunto el informe.\n",
                hours(7),
                key="redes",
            ),
            new,
        ),
        (
            _message(
                "Juan Pérez",
                "juan@cities.org",
                "Re: Práctica de redes: entrega del grupo 3",
                "Recibido, gracias.\n",
                hours(6),
                answers="<redes@cities.org>",
                key="redes2",
            ),
            new,
        ),
        (
            _message(
                "Mail Delivery",
                "postmaster@cities.org",
                "Undelivered mail returned to sender",
                "No such user.\n",
                hours(4),
                key="dsn",
            ),
            new,
        ),
        (
            _message(
                "The Weekly",
                "news@weekly.test",
                "Ten small tools that do one thing",
                "Read.\n",
                hours(2),
                key="weekly",
            ),
            new,
        ),
    ]
    next(message for message, _ in found if "entrega" in message["Subject"]).add_attachment(
        b"%PDF-1.7 " + b"x" * 41_000, maintype="application", subtype="pdf", filename="informe-grupo-3.pdf"
    )
    return found


def fill(path: Path) -> LocalStore:
    """A store at `path` with account `work` and these messages in its inbox."""
    store = LocalStore(path, clock=NOW.timestamp)
    store.set_identity("work", ["alice@cities.org"])
    folders = {folder.name: folder for folder in store.put_folders("work", FOLDERS)}
    arrived = []
    for uid, (message, flags) in enumerate(_messages(), 1):
        raw = message.as_bytes().replace(b"\n", b"\r\n")
        arrived.append(
            Arrived(
                uid=uid,
                flags=flags,
                internal_date=NOW.timestamp(),
                size_octets=len(raw),
                header=raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n",
                raw=raw,
            )
        )
    store.add_messages(folders["INBOX"].folder_id, arrived)
    store.add_messages(folders["Lists/redes"].folder_id, arrived[6:8])
    store.add_messages(folders["Archive"].folder_id, arrived[:6])
    return store
