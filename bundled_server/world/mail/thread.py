"""A thread between the people of the world: a networking assignment, in Spanish, with answers and attachments."""

from email.message import EmailMessage

from bundled_server.world.mail.letter import PEOPLE, Letter, days_ago, submitted, write

SUBJECT = "Práctica de redes: entrega del grupo 3"
ALICE, JUAN, BOB = PEOPLE["alice"], PEOPLE["juan"], PEOPLE["bob"]

CAPTURE = """No. Time     Source           Destination      Protocol Info
 1  0.000000 172.20.1.9       172.20.1.5       TCP      49152 > 25 [SYN]
 2  0.000210 172.20.1.5       172.20.1.9       TCP      25 > 49152 [SYN, ACK]
 3  0.000402 172.20.1.9       172.20.1.5       TCP      49152 > 25 [ACK]
 4  0.011873 172.20.1.5       172.20.1.9       SMTP     S: 220 brasilia.cities.org ESMTP
 5  0.012304 172.20.1.9       172.20.1.5       SMTP     C: EHLO server.other.test
"""

COSTS = "host,mx,preferencia\ncities.org,brasilia.cities.org,10\nother.test,server.other.test,10\n"


IDS = tuple(f"<practica-{number}@cities.org>" for number in range(1, 5))


def letters(now: float) -> list[Letter]:
    """Five messages, three people, both hosts."""
    return [
        submitted(_opening(now), "juan@cities.org"),
        submitted(_capture(now), "alice@cities.org"),
        submitted(_table(now), "bob@other.test"),
        submitted(_thanks(now), "juan@cities.org"),
        submitted(_lunch(now), "bob@other.test"),
    ]


def _opening(now: float) -> EmailMessage:
    return write(
        JUAN,
        (ALICE,),
        SUBJECT,
        "Hola Alice:\n\n¿Cómo va la entrega? Falta la captura del diálogo SMTP entre\nserver.other.test y "
        "brasilia.cities.org, y la tabla de registros MX.\n\nEl plazo es el viernes a las 18 h.\n\n"
        "Un saludo,\nJuan\n",
        date=days_ago(now, 4, hour=9, minute=12),
        message_id=IDS[0],
        cc=(BOB,),
    )


def _capture(now: float) -> EmailMessage:
    message = write(
        ALICE,
        (JUAN,),
        f"Re: {SUBJECT}",
        "Juan Ñúñez escribió:\n> ¿Cómo va la entrega? Falta la captura del diálogo SMTP entre\n"
        "> server.other.test y brasilia.cities.org, y la tabla de registros MX.\n\n"
        "La captura va adjunta. La tabla la está haciendo Bob.\n\n-- \nAlice\n",
        date=days_ago(now, 4, hour=11, minute=40),
        message_id=IDS[1],
        cc=(BOB,),
        answers=IDS[:1],
    )
    message.add_attachment(CAPTURE, filename="captura-smtp.txt", cte="quoted-printable")
    return message


def _table(now: float) -> EmailMessage:
    message = write(
        BOB,
        (ALICE,),
        f"Re: {SUBJECT}",
        "Alice wrote:\n> La captura va adjunta. La tabla la está haciendo Bob.\n\n"
        "Here it is, one line per domain. The preference decides which MX is tried\nfirst: "
        "lower is better (RFC 5321, section 5.1).\n\nBob\n",
        date=days_ago(now, 3, hour=10, minute=5),
        message_id=IDS[2],
        cc=(JUAN,),
        answers=IDS[:2],
    )
    message.add_attachment(COSTS.encode(), maintype="text", subtype="csv", filename="registros-mx — año.csv")
    return message


def _thanks(now: float) -> EmailMessage:
    return write(
        JUAN,
        (ALICE, BOB),
        f"Re: {SUBJECT}",
        "Bob wrote:\n> Here it is, one line per domain.\n>\n> > La tabla la está haciendo Bob.\n\n"
        "¡Perfecto! Añadid el registro TXT y está todo.\n\nJuan\n",
        date=days_ago(now, 2, hour=17, minute=31),
        message_id=IDS[3],
        answers=IDS[:3],
    )


def _lunch(now: float) -> EmailMessage:
    return write(
        BOB,
        (ALICE,),
        "Lunch? 🍜",
        "The noodle place behind the faculty, at one?\n\nBob\n",
        date=days_ago(now, 1, hour=11, minute=58),
        message_id="<lunch-1@other.test>",
    )
