"""Exports: what leaves the house in one piece, for the accountant, the tax office, the member.

All issued documents of a period, the books, the VAT listing, and the listings of clients that a tax
office asks for. A long export is made in parts by jobs that say how far they are; its file can be
fetched for a week.
"""
