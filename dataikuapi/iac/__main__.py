"""Run the command line: ``python -m dataikuapi.iac``."""

import sys

from dataikuapi.iac.cli import main

if __name__ == "__main__":
    sys.exit(main())
