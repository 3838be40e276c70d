"""`python -m exports.site lectures gallery --out site/`: a site of plain files, for any static host or a disk."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from exports.site.build import PARTS, build


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m exports.site", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"{' and '.join(PARTS)} (both by default), or single ones, as gallery/torus")
    parser.add_argument("--out", type=Path, required=True, help="the folder, which is made if it is not there")
    parser.add_argument("--laboratory", default="", metavar="URL", help="the address of a live laboratory, to which pages link")
    parser.add_argument("--address", default="", metavar="URL", help="where it will be served: pasted links then show a picture")
    given = parser.parse_args(arguments)
    sizes = {}
    try:
        for path, content in build(given.parts or PARTS, given.laboratory, given.address):
            file = given.out / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            sizes[path] = len(content)
            if path.endswith(".html"):
                print(path, flush=True)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"The site cannot be written to “{given.out}”: {error.strerror}.", file=sys.stderr)
        return 2
    print(f"{given.out}: {len(sizes)} files, {sum(sizes.values()) / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
