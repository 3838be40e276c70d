"""Recovery probabilities over a grid (dynamics/sweeps):

python -m dynamics.sweep FILE.toml --out results.jsonl [--scheduler tcp://host:port]
"""

import sys

from dynamics.sweeps.command_line import main

if __name__ == "__main__":
    sys.exit(main())
