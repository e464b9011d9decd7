"""Pure arithmetic and decisions: VAT, totals, numbers, references, e-invoice checks."""
