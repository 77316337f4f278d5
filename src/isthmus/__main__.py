"""Let ``python -m isthmus`` be the command line."""

from isthmus.cli import main

main()
