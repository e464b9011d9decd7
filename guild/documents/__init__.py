"""Printed sheets: HTML to PDF/A-3b, the co-operative's seal, and the store of what was issued.

A feature fills a typed sheet (`guild/invoicing/sheets.py` …); `layout.render_html` sets it with the
feature's template and the words of its language; `pool.DocumentPool` turns the HTML into a tagged
PDF/A-3b in a child process that has no secrets, no network and a limit on CPU time; `seal.seal_pdf`
signs it (PAdES B-B); and `commands.store` keeps the bytes for ever under their hash.

    words → layout → figures        HTML from data        press → pool       PDF in child processes
    fonts                           faces and coverage    seal → identity    signature and its
    report
"""
