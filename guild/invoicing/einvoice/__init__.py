"""One invoice, two syntaxes: from frozen rows to the canonical document, and to UBL and CII."""
