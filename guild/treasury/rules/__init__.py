"""Pure rules of the treasury: reading statements, writing payment files, matching, numbers."""
