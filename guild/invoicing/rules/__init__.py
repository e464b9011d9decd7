"""Pure arithmetic and decisions of invoicing: VAT, totals, numbers, references, e-invoice checks."""
