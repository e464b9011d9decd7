"""Double-entry books: the only door to money.

An *account* is a code of the chart, perhaps an owner (a member, a client, a bank account, an
invoice) and a currency. An *entry* says what happened and on which day; its *postings* move
amounts between accounts, debit positive and credit negative, and sum to zero in each currency.
Python refuses an entry that does not balance and so does the database. Entries are never
changed: a mistake is reversed by a mirrored entry, once. Balances are maintained per account
and month by a trigger, so that reading one stays cheap after years of postings, and an
invariant proves them against the sums. The whole journal can be written as plain text for
hledger and beancount, so that anyone can check the books without this program.
"""
