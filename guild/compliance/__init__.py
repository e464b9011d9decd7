"""Good Work reviews: a union representative looks at a contract and says what holds.

The rep judges eight principles (Good Work Code, National Domestic Workers Alliance, 2015) on two
thresholds each. “Met” needs evidence; “no evidence” is an answer of its own and no reproach. The
machine only lays out what it sees in the contract; it warns, people decide. Whoever has a tie to
either side is kept out and sees nothing. What one rep proposes, a second one, drawn and not
chosen, confirms or sends back. A granted label has a public page without names and sums; it
pauses by itself when the contract changes, and ends after the months that the charter says.
"""
