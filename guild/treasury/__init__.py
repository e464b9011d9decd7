"""The co-operative's bank: statements in, matching, payouts out, reconciliation.

A statement (camt.053) is read with suspicion: DTDs, sums that do not add up, another account or
a gap are refused. Each booked entry is posted between the bank and the suspense account, so that
the books agree with the bank from the first moment, and stays there until a person says what it
is: `confirm_match` moves it to the invoice it pays, and a surplus to the client's credit.

Money goes out only as a payout: asked for, approved by persons who neither asked for it nor
receive it, written into a pain.001 file under an id that never changes, and settled when the
statement shows it. When in doubt whether a file was sent, the statement answers; nothing is ever
sent again under another id.
"""
