"""The desk of the lists: what becomes of a letter to one of their addresses, as changes for one commit."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bundled_server.courier import Outcome, Verdict
from bundled_server.envelope import Envelope, Recipient
from bundled_server.mailbox.changes import Change, Enqueue
from bundled_server.mailbox.content import Content, prepare
from bundled_server.mailbox.records import PutRecords, Record
from bundled_server.mda.lists.bounces import after_bounce, bounced_member, is_final
from bundled_server.mda.lists.circulation import Circulation
from bundled_server.mda.lists.letters import ListLetters
from bundled_server.mda.lists.model import ListAddress, MailingList, Posting, Role
from bundled_server.mda.lists.post import Post
from bundled_server.mda.lists.shelf import HOST, ListShelf, Token
from bundled_server.mda.trace import forward_lines, with_lines

ASKED = "list-asked"
ASK_AGAIN_SECONDS = 3600.0
WORDS = {
    "join": "join",
    "subscribe": "join",
    "leave": "leave",
    "unsubscribe": "leave",
    "help": "help",
}


@dataclass(slots=True)
class ListPlan:
    """What a letter to a list comes to: the outcome for its sender, what to commit, what the journal is told. With
    `stands_alone` it is for something that is done once, such as spending a token: see `courier.LocalPlan`."""

    outcome: Outcome
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stands_alone: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to one address of a list, as it came out of the queue."""

    queue_id: str
    envelope: Envelope
    recipient: Recipient
    content: Content
    mailing_list: MailingList
    address: ListAddress

    @property
    def what_for(self) -> tuple[str, Role, str]:
        """Two letters of one message for the same thing are one letter, however the addresses are spelled."""
        role, detail = self.address.role, self.address.detail.lower()
        return self.mailing_list.name, role, "" if role is Role.POST else detail

    @property
    def may_be_answered(self) -> bool:
        """Whether it is told that it waits: only who sent it, under the own name (RFC 3834 §4), and no spam; what
        a forger writes would be answered to somebody else."""
        post = self.post
        is_own = post.author == self.envelope.sender.lower()
        return bool(post.author) and is_own and not (post.is_bulk or post.is_junk)

    @property
    def post(self) -> Post:
        return Post(self.mailing_list, self.content)


class ListDesk:
    """Plans deliveries to lists. Nothing here is done twice: a plan is committed together with the end of its
    queue item, or not at all."""

    def __init__(self, shelf: ListShelf, circulation: Circulation, new_queue_id: Callable[[], str]) -> None:
        self._shelf = shelf
        self._circulation = circulation
        self._new_queue_id = new_queue_id

    def find(self, address: str) -> tuple[MailingList, ListAddress] | None:
        """The list that the address belongs to; None for every other address."""
        local, _, domain = address.rpartition("@")
        return self._shelf.find(local, domain)

    async def refusal(self, envelope: Envelope, data: bytes) -> Outcome | None:
        """Why a letter to one list alone (`data` holds its header) would be refused; None when it is taken."""
        (recipient,) = envelope.recipients
        found = self.find(recipient.address)
        if found is None or found[1].role is not Role.POST or found[0].posting is not Posting.ANNOUNCE:
            return None
        outcome = (await self.plan(Letter("", envelope, recipient, prepare(data), *found))).outcome
        return outcome if outcome.verdict is Verdict.REFUSED else None

    async def plan(self, letter: Letter) -> ListPlan:
        match letter.address.role:
            case Role.POST:
                return await self._post(letter)
            case Role.BOUNCES:
                return await self._bounce(letter)
            case Role.OWNER:
                return self._to_owners(letter)
            case Role.JOIN:
                return await self._obey(letter, "join")
            case Role.LEAVE:
                return await self._obey(letter, "leave")
            case Role.REQUEST:
                return await self._obey(letter, "")

    # letters for everybody

    async def _post(self, letter: Letter) -> ListPlan:
        mailing_list, post = letter.mailing_list, letter.post
        if not letter.envelope.sender or post.is_automatic:
            return _done(letter, "an automatic answer, not passed on")
        if post.is_circling:
            return _done(letter, "it came from this list before, not passed on")
        is_owner = post.author in mailing_list.owners
        if mailing_list.posting is Posting.ANNOUNCE and not is_owner:
            text = f"only the owners of {mailing_list.address} write to it"
            return ListPlan(Outcome(letter.recipient, Verdict.REFUSED, "5.7.2", text), notes=[text])
        is_free = mailing_list.posting is Posting.OPEN and await self._shelf.member(mailing_list.name, post.author)
        if (is_owner or is_free) and not (post.is_bulk or post.is_junk):
            return await self._pass_on(letter)
        return await self._hold(letter)

    async def _pass_on(self, letter: Letter) -> ListPlan:
        passed = await self._circulation.passed_on(
            letter.mailing_list, letter.content, letter.queue_id, eight_bit=letter.envelope.eight_bit
        )
        plan = _done(letter, passed.note)
        plan.outcome = Outcome(letter.recipient, Verdict.DELIVERED, "2.1.5", "given to the list", expanded=True)
        plan.changes += passed.changes
        return plan

    async def _hold(self, letter: Letter) -> ListPlan:
        held = await self._circulation.held(letter.mailing_list, letter.content, letter.queue_id)
        if held is None:
            text = f"too many letters to {letter.mailing_list.address} wait for its owners"
            return ListPlan(Outcome(letter.recipient, Verdict.DEFERRED, "4.2.2", text))
        plan = _done(letter, held.note)
        plan.changes += held.changes
        if letter.may_be_answered:
            await self._answer(plan, letter, letter.post.author, "held", self._letters(letter).held)
        return plan

    def _to_owners(self, letter: Letter) -> ListPlan:
        owners = tuple(Recipient(owner) for owner in letter.mailing_list.owners)
        content = with_lines(letter.content, forward_lines(letter.recipient.address))
        envelope = Envelope(letter.mailing_list.address_of("bounces"), owners, eight_bit=letter.envelope.eight_bit)
        plan = _done(letter, f"given to the owners of {letter.mailing_list.name}")
        plan.changes.append(self._enqueued(envelope, content))
        return plan

    # what came back

    async def _bounce(self, letter: Letter) -> ListPlan:
        mailing_list = letter.mailing_list
        address = bounced_member(mailing_list, letter.address.detail)
        member = await self._shelf.member(mailing_list.name, address) if address else None
        if address is None or member is None:
            return _done(letter, "a bounce that is no member's")
        if letter.envelope.sender or not is_final(letter.content.data):
            return _done(letter, f"{address} is late or answers by itself: it does not count")
        later = after_bounce(member, self._circulation.now())
        plan = _done(letter, f"{address} bounced, on {later.bounces} days now")
        if later != member:
            plan.changes.append(self._shelf.put_member(mailing_list.name, address, later))
        if later.suspended and not member.suspended:
            plan.notes.append(f"{address} is suspended from {mailing_list.name}")
        return plan

    # commands by mail

    async def _obey(self, letter: Letter, command: str) -> ListPlan:
        """Commands of robots are not obeyed: an automatic answer to our question would confirm it."""
        post = letter.post
        if not letter.envelope.sender or post.is_automatic or post.is_bulk or not post.author:
            return _done(letter, "a command that no person wrote, not obeyed")
        if letter.address.detail:
            return await self._spend(letter, letter.address.detail.lower())
        command = command or _command_in(post)
        if command in ("join", "leave"):
            return await self._ask(letter, command)
        plan = _done(letter, "help")
        complaint = "" if command == "help" else "There is no command in your letter."
        await self._answer(plan, letter, post.author, "help", lambda to: self._letters(letter).help(to, complaint))
        return plan

    async def _ask(self, letter: Letter, purpose: str) -> ListPlan:
        """Only who reads the address's mail may make it join or leave."""
        address = letter.post.author
        plan = _done(letter, f"{address} is asked whether to {purpose}")
        key, change = self._shelf.put_token(
            Token(purpose=purpose, list_name=letter.mailing_list.name, subject=address)
        )
        asked = await self._answer(
            plan, letter, address, purpose, lambda to: self._letters(letter).please_confirm(to, purpose, key)
        )
        if asked:
            plan.changes.append(change)
        return plan

    async def _spend(self, letter: Letter, key: str) -> ListPlan:
        token = await self._shelf.token(key)
        mailing_list, letters = letter.mailing_list, self._letters(letter)
        if token is None or token.list_name != mailing_list.name:
            plan = _done(letter, "a token that is not, or no longer, good")
            words = "What you answer is too old, or was answered before."
            await self._answer(plan, letter, letter.post.author, "help", lambda to: letters.help(to, words))
            return plan
        if token.purpose in ("approve", "reject"):
            plan = await self._decide(letter, token)
        elif token.purpose == "join":
            plan = _done(letter, f"{token.subject} joined {mailing_list.name}")
            plan.changes.append(self._shelf.put_member(mailing_list.name, token.subject))
            plan.changes.append(self._written(token.subject, letters.welcome(token.subject)))
        else:
            plan = _done(letter, f"{token.subject} left {mailing_list.name}")
            plan.changes.append(self._shelf.remove_member(mailing_list.name, token.subject))
            plan.changes.append(self._written(token.subject, letters.farewell(token.subject)))
        plan.changes.append(self._shelf.spend_token(key))
        plan.stands_alone = True
        return plan

    async def _decide(self, letter: Letter, token: Token) -> ListPlan:
        decided = await self._circulation.decided(letter.mailing_list, token.subject, token.purpose)
        if decided is None:
            return _done(letter, "a letter that was decided upon before")
        plan = _done(letter, decided.note)
        plan.changes += decided.changes
        return plan

    # letters of the list's own

    async def _answer(
        self, plan: ListPlan, letter: Letter, to: str, about: str, write: Callable[[str], Content]
    ) -> bool:
        """Write to whoever wrote, about each thing once an hour: nobody is flooded in somebody else's name."""
        key = f"{letter.mailing_list.name}/{about}/{to}"
        if await self._shelf.store.records(ASKED, HOST, [key]):
            plan.notes.append(f"{to} was written to about this a while ago")
            return False
        plan.stands_alone = True
        until = self._circulation.now() + ASK_AGAIN_SECONDS
        plan.changes += (self._written(to, write(to)), PutRecords(ASKED, HOST, (Record(key, b"", until),)))
        return True

    def _letters(self, letter: Letter) -> ListLetters:
        return ListLetters(letter.mailing_list, self._circulation.now())

    def _written(self, to: str, content: Content) -> Enqueue:
        return self._enqueued(Envelope("", (Recipient(to, frozenset({"NEVER"})),)), content)

    def _enqueued(self, envelope: Envelope, content: Content) -> Enqueue:
        now = self._circulation.now()
        return Enqueue(self._new_queue_id(), envelope, content, content.message_id, now, "forward")


def _done(letter: Letter, note: str) -> ListPlan:
    return ListPlan(Outcome(letter.recipient, Verdict.DELIVERED, "2.1.5", note), notes=[note])


def _command_in(post: Post) -> str:
    """The command in the subject, or in the first line of the body; what is quoted or signed is none."""
    for text in (post.subject, post.first_line):
        words = text.strip().lower().removeprefix("re:").split()
        if words and words[0] in WORDS:
            return WORDS[words[0]]
    return ""
