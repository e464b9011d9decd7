"""The charter: what the members have voted, in numbers that the code reads.

Every political parameter (levy, guarantee, claims, scoring, deadlines) is typed, versioned and
valid from a date. Versions are append-only and chained by hash. Code asks `queries.charter_at` and
stores the version that governed a decision. The founding version comes with the house; later
versions come from proposals that passed.
"""
