"""The manifest file and the table."""

from __future__ import annotations

import json
import os
import platform
import threading
from collections.abc import Iterable
from typing import Any

from .common import Cache
from .legs import LEGS, Leg

#: Raise it when an entry's fields change: older manifests are then not reused.
SCHEMA = 1

#: Entries of the manifest beside the legs.
EXTRAS = ("pyinstaller", "uwsgi")

Entry = dict[str, Any]


class Manifest:
    """What is there, kept on disk after every change so that others can use it early."""

    def __init__(self, cache: Cache) -> None:
        self._file = cache.manifest
        self._lock = threading.Lock()
        self._extras: dict[str, Any] = {}
        self._entries: dict[str, Entry] = {}
        try:
            content = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return
        if content.get("schema") == SCHEMA and content.get("machine") == platform.machine():
            self._entries = {entry["leg"]: entry for entry in content["legs"]}
            self._extras = {key: content[key] for key in EXTRAS if key in content}

    @property
    def present(self) -> dict[str, Entry]:
        """The entries of the legs that are there."""
        return {name: entry for name, entry in self._entries.items() if "path" in entry}

    def entry(self, leg: Leg) -> Entry:
        """What is known of the leg."""
        return self._entries.get(leg.name) or _missing(leg, "not fetched yet")

    def put(self, entry: Entry) -> None:
        """Record a leg that is there."""
        self._change(self._entries, entry["leg"], entry)

    def put_missing(self, leg: Leg, why: str) -> None:
        """Record a leg that cannot be had."""
        self._change(self._entries, leg.name, _missing(leg, why))

    def put_extra(self, key: str, value: Any) -> None:
        """Record something that is not a leg."""
        self._change(self._extras, key, value)

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those of the legs that are not there."""
        return [name for name in names if name not in self.present]

    def paths(self) -> dict[str, str]:
        """The path of each interpreter that is there, by leg."""
        entries = {leg.name: self.entry(leg) for leg in LEGS}
        return {name: entry["path"] for name, entry in entries.items() if "path" in entry}

    def table(self) -> str:
        """The legs as text, one a line."""
        rows = [("LEG", "VERSION", "SOURCE")]
        for leg in LEGS:
            entry = self.entry(leg)
            if "path" in entry:
                rows.append((leg.name, entry["version"], entry["source"]))
            else:
                rows.append((leg.name, "MISSING", f"{entry['missing']} ({entry['hint']})"))
        widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
        return "\n".join(f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}" for a, b, c in rows)

    def _change(self, what: dict[str, Any], key: str, value: Any) -> None:
        with self._lock:
            if what.get(key) == value:
                return
            what[key] = value
            content = {
                "schema": SCHEMA,
                "machine": platform.machine(),
                **self._extras,
                "legs": [self.entry(leg) for leg in LEGS],
            }
            beside = self._file.with_suffix(".json.new")
            beside.write_text(json.dumps(content, indent=1) + "\n")
            os.replace(beside, self._file)


def _missing(leg: Leg, why: str) -> Entry:
    return {"leg": leg.name, "missing": why, "hint": leg.hint}
