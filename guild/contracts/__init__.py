"""Contracts: from a draft to a signed, sealed and performed agreement.

A member drafts terms; dated protection rules say what the law of the place asks for; sending
freezes the exact bytes that the client will read, signs them for the member and mails a personal
link that only the client gets. The client signs with a typed name, a consent sentence and a
one-time code, asks for changes (a new version follows, the old one is void) or declines.

Each step is a link in an append-only chain of evidence. A job renders the contract as a PDF with a
certificate, attaches the evidence, seals it (PAdES) and puts its fingerprint into the log. The work
is delivered milestone by milestone; silence after the agreed days counts as acceptance.
"""
