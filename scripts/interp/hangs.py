"""The packages of the programs in tests/hangs, for each interpreter that has wheels of them.

They are pinned, and apart from the other packages: in a folder called
`site-packages`, by which dapper-attach tells installed packages from a user's code.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from .common import Cache, log
from .packages import RECORD, Entry, install, installed, read_record
from .pip import Pip

#: Raise it when what goes into a folder changes in a way the requirements do not show.
_RECIPE = 1

_REQUIREMENTS = Path(__file__).resolve().parents[2] / "tests/hangs/requirements.txt"


class HangSites:
    """The package folders of the hang programs: `hangs-LEG/site-packages`."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        lines = (line.partition("#")[0].strip() for line in _REQUIREMENTS.read_text().splitlines())
        self._wanted = [line for line in lines if line]

    def equip(self, entry: Entry) -> None:
        """Give the leg those of the packages that can be had, and note them in its entry."""
        identity = {
            "recipe": _RECIPE,
            "path": entry["path"],
            "version": entry["version"],
            "wanted": self._wanted,
        }
        site = self._cache.interpreters / f"hangs-{entry['leg']}"
        record = read_record(site, identity) or self._make(entry, site, identity)
        entry["hangs_site_packages"] = str(site / "site-packages")
        entry.update(record["contents"])

    def _make(self, entry: Entry, site: Path, identity: dict[str, Any]) -> dict[str, Any]:
        leg = entry["leg"]
        log(f"installing the packages of the hang programs for {leg}")
        made = self._cache.work_dir(f"hangs-{leg}")
        folder = made / "site-packages"
        folder.mkdir()
        scratch = self._cache.work_dir("alone")
        missing, transient = install(Pip(self._cache, entry), self._wanted, folder, scratch)
        names = [_name(wish) for wish in self._wanted if wish not in missing]
        record = {
            "identity": identity,
            "transient": transient,
            "contents": {
                "hangs_packages": installed(folder, names),
                "hangs_packages_missing": missing,
            },
        }
        (made / RECORD).write_text(json.dumps(record, indent=1))
        self._cache.publish(made, site)
        return record


def _name(requirement: str) -> str:
    return re.split(r"[=<>!~ \[;]", requirement, maxsplit=1)[0]
