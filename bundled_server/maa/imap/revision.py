"""IMAP4rev2 and UTF8=ACCEPT: what a client may enable to hear less of the past (RFC 9051, RFC 6855).

What they change stands where it is told: names and strings in `context`, \\Recent in `selected`, results in
`results`.
"""

from bundled_server.maa.imap.context import UTF8_ACCEPT, Feature
from bundled_server.maa.imap.selected import IMAP4REV2

FEATURE = Feature(
    capabilities=(UTF8_ACCEPT,),
    enables=((IMAP4REV2,), (UTF8_ACCEPT,)),
)
