"""The reputation ledger: what both sides of a finished contract say, in facts, and what follows.

An attestation answers the charter's yes-or-no questions about the other side of a completed and
invoiced contract. It is committed to the transparency log at once, and hidden until both sides
have spoken or the blind period is over; then its opening is public under pseudonyms. The subject
replies, or disputes it: a contested entry leaves the score until an uninvolved rep has ruled.

A score is a Beta mean with a Wilson lower bound, under the weights that the assembly voted. There
is no hidden input: the explanation lists every entry, its weight and why it counts or not, and
anyone can recompute every score from the public files. Erasing a person deletes salts and
payloads; the log still verifies.
"""
