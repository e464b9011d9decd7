"""Invoices of the cooperative to its members' clients, from accepted milestones to the last cent.

The cooperative is the seller. A draft is built from milestones that the client accepted, the tax
engine decides the VAT and says by which article, and issuing freezes it: the number is taken from
a counter row in the same transaction, so a series has no gaps and its dates never go back. What
is issued is never changed; a correction is a credit note with its own series.

Each issued document becomes three files with one content: a PDF/A-3 to read, the EN 16931 CII
inside it (Factur-X) and a Peppol BIS Billing 3.0 UBL file. Money arrives as payments, which
treasury records here; the ledger's receivable is the sum of what the invoices leave open.
"""
