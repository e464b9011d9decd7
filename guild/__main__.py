"""`python -m guild` is `guild`."""

from guild.cli import main

if __name__ == "__main__":
    main()
