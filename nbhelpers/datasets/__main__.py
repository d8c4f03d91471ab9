"""``python -m nbhelpers.datasets fetch|fingerprint [mnist orl ...] [--fetch]``."""

import argparse
import json
import sys

from nbhelpers.datasets import fetch, fingerprints
from nbhelpers.errors import DatasetError


def main(arguments=None):
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser("python -m nbhelpers.datasets", description=__doc__)
    parser.add_argument("command", choices=["fetch", "fingerprint"])
    parser.add_argument("names", nargs="*", help="mnist, orl, feret, yale, imdb; by default all")
    parser.add_argument("--fetch", action="store_true", help="before taking fingerprints")
    options = parser.parse_args(arguments)
    try:
        if options.command == "fetch":
            print("\n".join(fetch(options.names).values()))
        else:
            found = fingerprints(options.names, download=options.fetch)
            print(json.dumps(found, indent=2))
    except DatasetError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
