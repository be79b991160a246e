"""The two pages of web mail: the login, and the terminal that shows the client."""

from html import escape

_STYLE = """
@font-face { font-family: "Roboto Mono"; src: url(/static/fonts/RobotoMono-VariableFont_wght.ttf); }
html, body { margin: 0; height: 100%; background: #15171c; color: #c9ccd3; font: 16px "Roboto Mono", monospace; }
form.login { max-width: 22rem; margin: 18vh auto 0; padding: 0 1rem; }
h1 { font-size: 1.1rem; color: #7fc8b8; font-weight: 600; margin: 0 0 1.5rem; }
label { display: block; margin: 1rem 0 .3rem; color: #868c99; }
input { width: 100%; box-sizing: border-box; padding: .5rem; border: 1px solid #4a4f5a; border-radius: 3px;
  background: #1e2128; color: #f2f3f5; font: inherit; }
input:focus { outline: 2px solid #7fc8b8; }
button { margin-top: 1.5rem; padding: .5rem 1.5rem; border: 0; border-radius: 3px; background: #7fc8b8;
  color: #15171c; font: inherit; cursor: pointer; }
p.told { color: #e8857f; min-height: 1.4em; }
header { display: flex; justify-content: space-between; align-items: center; height: 26px; padding: 0 8px;
  background: #1e2128; color: #868c99; font-size: 12px; }
header button { margin: 0; padding: 2px 10px; background: #2a2f3a; color: #c9ccd3; font-size: 12px; }
header form { margin: 0; }
body.client { overflow: hidden; }
#terminal { position: absolute; top: 26px; left: 0; overflow: hidden; width: 100vw !important;
  height: calc(100vh - 26px) !important; }
.ended { display: none; text-align: center; margin-top: 30vh; }
body.-closed .ended { display: block; position: relative; z-index: 2; }
body.-closed #terminal { display: none; }
.ended a { color: #7fb4e0; }
"""

CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:;"
    " img-src 'self' data:; connect-src 'self' {websocket}; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)


def login_page(title: str, *, told: str = "", user: str = "") -> str:
    """The form, with what went wrong last time."""
    focus_name, focus_password = ("", " autofocus") if user else (" autofocus", "")
    return _page(
        title,
        f"""<form class="login" method="post" action="/login">
<h1>{escape(title)}</h1>
<p class="told" role="alert">{escape(told)}</p>
<label for="user">User</label>
<input id="user" name="user" value="{escape(user, quote=True)}" autocomplete="username" required{focus_name}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required{focus_password}>
<button type="submit">Log in</button>
</form>""",
    )


def terminal_page(title: str, user: str, websocket_url: str) -> str:
    """The client, and the way out."""
    return _page(
        title,
        f"""<header><span>{escape(title)} · {escape(user)}</span>
<form method="post" action="/logout"><button type="submit">Log out</button></form></header>
<div class="ended"><p>The client has ended.</p><p><a href="/">Open it again</a></p></div>
<div id="terminal" class="textual-terminal" data-session-websocket-url="{escape(websocket_url, quote=True)}"
 data-font-size="15"></div>""",
        kind="client",
        head='<link rel="stylesheet" href="/static/css/xterm.css"><script src="/static/js/textual.js"></script>',
    )


def _page(title: str, body: str, *, kind: str = "form", head: str = "") -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width">{head}<style>{_STYLE}</style></head>'
        f'<body class="{kind}">{body}</body></html>'
    )
