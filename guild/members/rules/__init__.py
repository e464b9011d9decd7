"""Pure rules: passwords, tokens and keys, numbers of banks and firms, and who may be given what."""
