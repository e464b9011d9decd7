"""One invoice, two syntaxes: the canonical EN 16931 document and its UBL and CII emitters."""
