"""The commands behind `make up`, `make train` and the others: ``python -m stack --help``.

They drive the Compose stack from outside: Docker's command line, and the REST interfaces that
the stack publishes on this machine.
"""
