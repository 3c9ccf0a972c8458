"""`python -m campanile` is the command `campanile`."""

from campanile.cli import main

if __name__ == "__main__":
    main()
