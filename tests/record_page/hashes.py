#!/usr/bin/env python3
"""Write the hashes of the page's style and scripts into its content security policy.

  tests/record_page/hashes.py                  after each change of src/profile/flamegraph.html
  tests/record_page/hashes.py --check          only say whether they are right
  tests/record_page/hashes.py --check PATH     of another page, such as one that `record` wrote
"""

import argparse
import base64
import hashlib
import pathlib
import re
import sys

TEMPLATE = pathlib.Path(__file__).resolve().parents[2] / "src/profile/flamegraph.html"


def digest(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def with_hashes(page: str) -> str:
    """The page with the right hashes."""
    scripts = re.findall(r"<script>(.*?)</script>", page, re.S)
    styles = re.findall(r"<style>(.*?)</style>", page, re.S)
    page = re.sub(r"script-src [^;]*;", "script-src " + " ".join(map(digest, scripts)) + ";", page, count=1)
    return re.sub(r"style-src [^;]*;", "style-src " + " ".join(map(digest, styles)) + ";", page, count=1)


def main() -> int:
    """Write or check the hashes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say whether they are right; exit status 1 if not")
    parser.add_argument("path", nargs="?", type=pathlib.Path, default=TEMPLATE, metavar="PATH", help="the page")
    options = parser.parse_args()
    page = options.path.read_bytes().decode()
    right = with_hashes(page)
    if not options.check:
        options.path.write_bytes(right.encode())
    elif page != right:
        print(f"{options.path}: the hashes are not those of its style and scripts; run hashes.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
