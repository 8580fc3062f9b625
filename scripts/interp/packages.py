"""Third-party packages for each interpreter, in a folder for PYTHONPATH."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from . import extras
from .common import Cache, Unavailable, log, run
from .pip import Pip

#: Raise it when what goes into a folder changes in a way the wishes do not show.
_RECIPE = 1

_PACKAGES = (
    "uvloop",
    "nest_asyncio",
    "aiohttp",
    "uvicorn",
    "fastapi",
    "httpx",
    "anyio",
    "greenlet",
)
_IMPORT_NAMES = {"pyinstaller": "PyInstaller"}
_NO_MATCH = "No matching distribution found for "
#: What a finished folder holds is written here.
RECORD = "dapper-site.json"

Entry = dict[str, Any]


class Sites:
    """The package folders of the legs."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def equip(self, entry: Entry, with_pyinstaller: bool) -> None:
        """Give the leg its packages and note them in its manifest entry."""
        wanted = [*_PACKAGES, *(["pyinstaller"] if with_pyinstaller else [])]
        identity = {
            "recipe": _RECIPE,
            "path": entry["path"],
            "version": entry["version"],
            "wanted": wanted,
        }
        site = self._cache.interpreters / f"site-{entry['leg']}"
        record = read_record(site, identity) or self._make(entry, site, identity)
        entry["site_packages"] = str(site)
        entry.update(record["contents"])

    def _make(self, entry: Entry, site: Path, identity: dict[str, Any]) -> dict[str, Any]:
        leg = entry["leg"]
        log(f"installing packages for {leg}")
        made = self._cache.work_dir(f"site-{leg}")
        pip = Pip(self._cache, entry)
        scratch = self._cache.work_dir("alone")
        missing, transient = install(pip, identity["wanted"], made, scratch)
        packages = installed(made, [name for name in identity["wanted"] if name not in missing])
        for name in list(packages):
            problem = _import_problem(entry, made, _IMPORT_NAMES.get(name, name))
            if problem:
                missing[name] = f"installed, but does not import: {problem}"
                del packages[name]
        cython = leg in extras.CYTHON_LEGS
        if cython:
            try:
                extras.build_cython_module(entry, pip, made, self._cache.work_dir("cython"))
            except Unavailable as failure:
                missing["dapper_cython"] = str(failure)
                cython = False
        record = {
            "identity": identity,
            "transient": transient,
            "contents": {"packages": packages, "packages_missing": missing, "cython": cython},
        }
        (made / RECORD).write_text(json.dumps(record, indent=1))
        self._cache.publish(made, site)
        return record


def read_record(site: Path, identity: dict[str, Any]) -> dict[str, Any] | None:
    """What a finished folder holds, if it is the one wanted and cannot get better."""
    try:
        record: dict[str, Any] = json.loads((site / RECORD).read_text())
    except (OSError, ValueError):
        return None
    if record["identity"] != identity or record["transient"]:
        return None
    return record


def install(
    pip: Pip, wanted: list[str], target: Path, scratch: Path
) -> tuple[dict[str, str], bool]:
    """Install as many of the packages as have wheels.

    Returns why others are missing, and whether another run may do better.
    """
    missing: dict[str, str] = {}
    transient = False
    try:
        pip.install(wanted, target)
        return missing, transient
    except Unavailable:
        pass  # Something cannot be had: find out what by trying each alone.
    for name in wanted:
        try:
            pip.install([name], scratch / name)
        except Unavailable as failure:
            unmatched = str(failure).partition(_NO_MATCH)[2]
            transient = transient or not unmatched
            missing[name] = (
                f"no wheel of {unmatched} for this interpreter" if unmatched else str(failure)
            )
    rest = [name for name in wanted if name not in missing]
    if rest:
        pip.install(rest, target)
    return missing, transient


def installed(site: Path, names: list[str]) -> dict[str, str]:
    """The versions of those of the packages that the folder holds."""
    versions = {}
    for info in site.glob("*.dist-info"):
        name, _, version = info.name[: -len(".dist-info")].rpartition("-")
        versions[_normalized(name)] = version
    return {name: versions[_normalized(name)] for name in names if _normalized(name) in versions}


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _import_problem(entry: Entry, site: Path, module: str) -> str | None:
    try:
        path = {"PYTHONPATH": str(site)}
        run([entry["path"], "-c", f"import {module}"], env=path, timeout=120)
    except Unavailable as failure:
        return str(failure)
    return None
