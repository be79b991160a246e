"""One SMTP dialogue, on whichever port: it asks a Policy and hands on an accepted envelope."""

from bundled_server.smtp_session.services import SessionLink, SmtpServices
from bundled_server.smtp_session.session import SmtpSession, smtp_sessions

__all__ = ["SessionLink", "SmtpServices", "SmtpSession", "smtp_sessions"]
