"""`python -m guild` is `guild`."""

from guild.cli import main

main()
