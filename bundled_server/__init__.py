"""bundled_server: a small mail server with one room for every agent of Internet mail (MSA, MTA, MDA, MAA)."""
