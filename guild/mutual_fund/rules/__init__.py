"""Pure rules of the fund: levy, guarantee, claims, jury. No clock, no database."""
