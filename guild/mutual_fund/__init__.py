"""The mutual fund: members carry each other.

A *levy* of every payment (6.5 % of net by the founding charter) goes to four pots, in the
transaction that records the payment. From the pots the fund keeps two promises. The *guarantee*
pays a member seven working days after her work, whether or not the client has paid, when the
client signed the order and lives in the zone, within limits and above a reserve floor; the
client's money pays the advance back. *Benefits* support a member who is ill or in hardship: a
claim is reckoned by rule and decided by a jury drawn by lot from a published seed, with reasons,
and can be appealed once to another, larger jury. Any member sees what the fund holds and may
recompute it from the journal.
"""
