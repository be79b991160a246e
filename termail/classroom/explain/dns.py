"""DNS: the records mail lives by, and how an answer can fail."""

from typing import Final

from termail.classroom.explain.note import table

RECORDS: Final = table(
    """
MX | which host takes the domain's mail | 5321 §5.1 | The smallest number is tried first; without MX the domain's own address is.
A | the host's IPv4 address | 1035 §3.4.1
AAAA | the host's IPv6 address | 3596 §2.1
TXT | text: SPF, DKIM keys and DMARC live here | 1035 §3.3.14
PTR | the name of an address | 1035 §3.3.12
CNAME | another name for the same | 1035 §3.3.1
NS | who answers for the zone | 1035 §3.3.11
SOA | the zone's data | 1035 §3.3.13
"""
)

ANSWERS: Final = table(
    """
NXDOMAIN | there is no such name | 2308 §2.1
NODATA | the name is there, but no such record | 2308 §2.2
SERVFAIL | the name server could not answer | 1035 §4.1.1 | Temporary: mail waits and is tried again.
REFUSED | the name server will not answer | 1035 §4.1.1
TIMEOUT | the name server said nothing | 1035 §4.2.1
v=spf1 | which hosts may send for the domain | 7208 §3
v=DKIM1 | the key that proves signatures | 6376 §3.6.1
v=DMARC1 | what to do when SPF and DKIM fail | 7489 §6.3
"""
)
