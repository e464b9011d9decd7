"""Playing a story: a cooperative's weeks, told in a folder, acted through the public HTTP API.

`guild demo --story DIR` starts a fresh installation on a clock of its own, lets each person of the
story do what the story says (sign in, read mails, follow links, type), reports what came of it, and
has the result verified by the program that shares no code with the server. Nothing here touches
the database: what the story can do, anybody with an HTTP client can do.
"""
