"""The API's view of people's mail."""

from collections.abc import Awaitable, Callable

import aiosmtplib
import msgspec
from aiohttp import web

from bundled_server.admin.answers import answer, refusal
from bundled_server.world.mailboxes import INBOX, HostIsDown, Mailboxes, NewMail, NotThere

LONGEST_WAIT_SECONDS = 300.0
MATCHED = ("subject", "sender", "to", "message_id")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class MailRoutes:
    """GET and DELETE /world/mail/{address}, GET and DELETE /world/mail/{address}/{uid} (with `?raw=1` the octets),
    GET /world/mail/{address}/wait?subject=&sender=&to=&message_id=&after=UID&seconds=; `mailbox=` names another
    one than INBOX. POST /world/mail sends."""

    def __init__(self, mailboxes: Mailboxes) -> None:
        self._mailboxes = mailboxes

    def table(self) -> list[web.RouteDef]:
        return [
            web.post("/world/mail", _told(self._send)),
            web.get("/world/mail/{address}", _told(self._list)),
            web.delete("/world/mail/{address}", _told(self._empty)),
            web.get("/world/mail/{address}/wait", _told(self._wait)),
            web.get(r"/world/mail/{address}/{uid:\d+}", _told(self._read)),
            web.delete(r"/world/mail/{address}/{uid:\d+}", _told(self._delete)),
        ]

    async def _list(self, request: web.Request) -> web.StreamResponse:
        return answer(await self._mailboxes.messages(request.match_info["address"], _mailbox(request)))

    async def _read(self, request: web.Request) -> web.StreamResponse:
        uid = int(request.match_info["uid"])
        address, mailbox = request.match_info["address"], _mailbox(request)
        if request.query.get("raw", "") not in ("", "0"):
            octets = await self._mailboxes.octets(address, uid, mailbox)
            return web.Response(body=octets, content_type="message/rfc822")
        return answer(await self._mailboxes.read(address, uid, mailbox))

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        uid = int(request.match_info["uid"])
        count = await self._mailboxes.delete(request.match_info["address"], uid, _mailbox(request))
        return answer({"deleted": count})

    async def _empty(self, request: web.Request) -> web.StreamResponse:
        count = await self._mailboxes.delete(request.match_info["address"], mailbox=_mailbox(request))
        return answer({"deleted": count})

    async def _wait(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        seconds = min(float(query.get("seconds", 10.0)), LONGEST_WAIT_SECONDS)
        found = await self._mailboxes.wait(
            request.match_info["address"],
            {name: query.get(name, "") for name in MATCHED},
            after=int(query.get("after", 0)),
            mailbox=_mailbox(request),
            seconds=seconds,
        )
        return answer(found) if found else refusal(408, f"no such message came within {seconds:g} s")

    async def _send(self, request: web.Request) -> web.StreamResponse:
        mail = msgspec.json.decode(await request.read(), type=NewMail)
        return answer({"message_id": await self._mailboxes.send(mail)})


def _told(handler: Handler) -> Handler:
    """What goes wrong in the words of HTTP."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except NotThere as error:
            return refusal(404, str(error))
        except HostIsDown as error:
            return refusal(409, str(error))
        except aiosmtplib.SMTPException as error:
            return refusal(422, f"the mail was refused: {error}")
        except (msgspec.MsgspecError, ValueError) as error:
            return refusal(400, str(error))

    return handle


def _mailbox(request: web.Request) -> str:
    return request.query.get("mailbox", INBOX)
