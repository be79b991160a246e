"""Mail from outside the two hosts: a mailing list with a patch, a newsletter in HTML, an invitation, a fraud."""

from email.headerregistry import Address
from email.message import EmailMessage

from bundled_server.world.mail.letter import PEOPLE, Letter, days_ago, from_outside, write

ALICE = PEOPLE["alice"]
LIST = Address("redes", "redes", "cities.org")
GRACE = Address("Grace", "grace", "navy.example")
RADIA = Address("Radia", "radia", "bridges.example")

# The letters are older than the list of this world, whose fields they have: an answer (L) goes to that.
LIST_HEADERS = (
    ("List-Id", "Redes de computadoras <redes.cities.org>"),
    ("List-Post", "<mailto:redes@cities.org>"),
    ("List-Unsubscribe", "<mailto:redes-leave@cities.org>"),
    ("Precedence", "list"),
)

PATCH = """The retry schedule doubled for ever; cap it at four hours.

---
 queue/schedule.py | 4 ++--
 1 file changed, 2 insertions(+), 2 deletions(-)

diff --git a/queue/schedule.py b/queue/schedule.py
--- a/queue/schedule.py
+++ b/queue/schedule.py
@@ -12,4 +12,4 @@ def next_try(attempts: int) -> float:
-    return 60.0 * 2**attempts
+    return min(60.0 * 2**attempts, 14_400.0)
-# no upper bound
+# four hours at the most, as most MTAs do
"""

NEWSLETTER = """<html><head><style>td { padding: 12px } .x { display: none }</style></head><body>
<div style="display:none">Preheader that nobody should see</div>
<table width="600"><tr><td><h1>The Packet, number 42</h1></td></tr>
<tr><td><p>Dear reader,</p><p>This week: <b>why MX records have preferences</b>, and what
<a href="https://packet.example/smtp-1982?utm=mail">SMTP looked like in 1982</a>.</p>
<ul><li>Envelope and header are two things.</li><li>The user never sees the envelope.</li></ul>
<p>Read it on <a href="https://tracker.example/r?u=packet.example">packet.example</a>.</p></td></tr></table>
<img src="https://tracker.example/pixel.gif?id=alice" width="1" height="1">
</body></html>"""

INVITATION = """BEGIN:VCALENDAR\r
PRODID:-//termail//practice//EN\r
VERSION:2.0\r
METHOD:REQUEST\r
BEGIN:VEVENT\r
UID:exam-1@cities.org\r
DTSTAMP:20260301T120000Z\r
DTSTART:20261218T120000Z\r
DTEND:20261218T140000Z\r
SUMMARY:Examen de Redes y Comunicaciones\r
LOCATION:Aula 5\r
ORGANIZER:mailto:juan@cities.org\r
ATTENDEE:mailto:alice@cities.org\r
END:VEVENT\r
END:VCALENDAR\r
"""


def letters(now: float) -> list[Letter]:
    """Everything that comes in on port 25 of brasilia.cities.org from hosts we do not run."""
    return [*_list_thread(now), _newsletter(now), _invitation(now), _fraud(now), _many_scripts(now)]


def _list_thread(now: float) -> list[Letter]:
    ids = tuple(f"<list-{n}@lists.example>" for n in range(1, 5))
    question = write(
        GRACE,
        (LIST,),
        "[redes] How long should a queue keep trying?",
        "Our MTA gave up after one day and a professor lost a paper. How long do you wait?\n\nGrace\n",
        date=days_ago(now, 6, hour=8, minute=20),
        message_id=ids[0],
        headers=LIST_HEADERS,
    )
    answer = write(
        RADIA,
        (LIST,),
        "Re: [redes] How long should a queue keep trying?",
        "Grace wrote:\n> How long do you wait?\n\nRFC 5321, section 4.5.4.1: at least four or five days. And tell "
        "the sender\nafter four hours that the message is late, not lost.\n\nRadia\n",
        date=days_ago(now, 6, hour=9, minute=2),
        message_id=ids[1],
        answers=ids[:1],
        headers=LIST_HEADERS,
    )
    patch = write(
        RADIA,
        (LIST,),
        "[redes] [PATCH] queue: cap the retry interval",
        PATCH,
        date=days_ago(now, 5, hour=15, minute=45),
        message_id=ids[2],
        answers=ids[:2],
        headers=LIST_HEADERS,
    )
    thanks = write(
        GRACE,
        (LIST,),
        "Re: [redes] [PATCH] queue: cap the retry interval",
        "Radia wrote:\n> +    return min(60.0 * 2**attempts, 14_400.0)\n\nApplied, thank you.\n\nGrace\n",
        date=days_ago(now, 5, hour=18, minute=10),
        message_id=ids[3],
        answers=ids[:3],
        headers=LIST_HEADERS,
    )
    return [_listed(message) for message in (question, answer, patch, thanks)]


def _newsletter(now: float) -> Letter:
    message = write(
        Address("The Packet", "news", "packet.example"),
        (ALICE,),
        "The Packet, number 42: why MX records have preferences",
        "",
        date=days_ago(now, 2, hour=7, minute=0),
        message_id="<packet-42@packet.example>",
        headers=(("List-Unsubscribe", "<https://packet.example/u/alice>"),),
    )
    message.set_content(NEWSLETTER, subtype="html", cte="quoted-printable")
    return from_outside(message, "bounces@packet.example", "alice@cities.org")


def _invitation(now: float) -> Letter:
    message = write(
        Address("Secretaría", "secretaria", "faculty.example"),
        (ALICE,),
        "Invitación: examen de Redes y Comunicaciones",
        "El examen es el 18 de diciembre a las 9 h en el aula 5.\n",
        date=days_ago(now, 3, hour=12, minute=15),
        message_id="<exam-1@faculty.example>",
    )
    message.add_alternative(INVITATION.encode(), maintype="text", subtype="calendar", params={"method": "REQUEST"})
    return from_outside(message, "secretaria@faculty.example", "alice@cities.org")


def _fraud(now: float) -> Letter:
    message = EmailMessage()
    message = write(
        Address("Postmaster root@cities.org", "winner", "prize.example"),
        (ALICE,),
        "Your mailbox is FULL, verify your password NOW",
        "Dear user,\n\nclick http://cities.org.prize.example/login within 24 hours.\n",
        date=days_ago(now, 1, hour=3, minute=33),
        message_id="<fraud-1@prize.example>",
        headers=(("Reply-To", "collector@elsewhere.example"),),
    )
    return from_outside(message, "winner@prize.example", "alice@cities.org")


def _many_scripts(now: float) -> Letter:
    message = write(
        Address("会議事務局", "kaigi", "tokyo.example"),
        (ALICE,),
        "会議の議事録について · Отчёт за неделю · تقرير",
        "日本語、русский и العربية in one letter: every column of the index must stay straight.\n",
        date=days_ago(now, 1, hour=6, minute=6),
        message_id="<scripts-1@tokyo.example>",
    )
    return from_outside(message, "kaigi@tokyo.example", "alice@cities.org")


def _listed(message: EmailMessage) -> Letter:
    return from_outside(message, "redes-bounces@lists.example", "alice@cities.org")
