"""`python -m tests.model`: explore, or play one path, or look for the seeded bugs."""

import sys

from tests.model.command import main

if __name__ == "__main__":
    sys.exit(main())
