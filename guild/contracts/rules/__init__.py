"""Pure decisions about contracts: terms and their bytes, protections, evidence, acceptance."""
