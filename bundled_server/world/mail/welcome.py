"""The postmaster's welcome, and the mistyped address whose bounce every student meets first."""

from email.headerregistry import Address

from bundled_server.world.mail.letter import PEOPLE, Letter, days_ago, submitted, write

WELCOME = """Welcome to the practice world.

Two mail hosts run on this machine, and nothing here ever leaves it:

  brasilia.cities.org   serves cities.org    alice, juan, root
  server.other.test     serves other.test    bob

To see what goes on underneath:

  F1      twelve lessons, from the first message to spam filters
  F5      the wire: every line every program says, explained
  J       the journey of a message through all agents, as it happens
          (M-J, which is Alt and J, in the index)
  F10     the large layout, for a projector

To read and write:

  Enter   opens a message, i goes back to the index
  r       answers it; y sends; watch it leave in the status bar
  m       writes to bob@other.test
  W       shows the protocol dialogue under your keys, on every screen
  ?       lists every key

The mailbox holds the lecture's two MIME examples, a thread in Spanish with
attachments, a mailing list with a patch, a newsletter in HTML, and a bounce:
you wrote to nobody@other.test, and the other host said no. Read why.

"""
SIGNATURE = "-- \npostmaster@cities.org\n"


def letters(now: float) -> list[Letter]:
    """First the letter that will bounce, last the welcome, so that it is the newest."""
    alice, root = PEOPLE["alice"], PEOPLE["root"]
    lost = write(
        alice,
        (Address("", "nobody", "other.test"),),
        "Is anybody there?",
        "Does this address exist?\n\nAlice\n",
        date=days_ago(now, 1, hour=16, minute=20),
        message_id="<lost-1@cities.org>",
    )
    answer = write(
        alice,
        (PEOPLE["bob"],),
        "Re: Lunch? 🍜",
        "Bob wrote:\n> The noodle place behind the faculty, at one?\n\nYes! I bring the capture.\n\nAlice\n",
        date=days_ago(now, 1, hour=12, minute=9),
        message_id="<lunch-2@cities.org>",
        answers=("<lunch-1@other.test>",),
    )
    welcome = write(
        root,
        (alice, PEOPLE["juan"], PEOPLE["bob"]),
        "Welcome to the practice world",
        WELCOME + SIGNATURE,
        date=days_ago(now, 0, hour=23, minute=59),
        message_id="<welcome@cities.org>",
    )
    return [
        submitted(lost, "alice@cities.org"),
        submitted(answer, "alice@cities.org"),
        submitted(welcome, "root@cities.org"),
    ]
