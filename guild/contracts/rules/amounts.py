"""Amounts as people type them. Pure."""

import re


def amount(typed: str) -> str | None:
    """1.000,50 or 1,000.50 or 1000 as the wire writes it; None when nothing was typed."""
    bare = re.sub(r"[\s\u00a0€$]", "", typed)
    if not bare:
        return None
    if re.fullmatch(r"\d{1,3}([.,]\d{3})+([.,]\d{1,2})?", bare):
        whole, _, rest = bare.rpartition(bare[-3]) if bare[-3] in ",." else (bare, "", "")
        digits = re.sub(r"[.,]", "", whole)
        return f"{digits}.{rest}" if rest else digits
    return bare.replace(",", ".")
