"""What every package stands on: the Work, facts, jobs, money, time, ids, errors, permissions.

One request, one background job or one command-line call is one `Work` (`work.py`): a database
session in one transaction, an actor and a moment. Use cases are plain async functions whose first
argument is that Work. What a Work appends (facts, jobs, ledger entries, log leaves) is collected
and written by one statement just before the commit (`appends.py`).

Nothing here knows a feature; features know this.
"""
