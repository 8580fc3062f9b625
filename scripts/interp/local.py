"""Interpreters the machine already has."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from . import elf
from .common import Unavailable, run
from .legs import Leg

_WELL_KNOWN_PYENVS = ("~/.pyenv", "/opt/pyenv", "/usr/local/pyenv", "/usr/local/opt/pyenv")
_SYSTEM_BIN = Path("/usr/bin")


def candidates(leg: Leg) -> Iterator[tuple[Path, str]]:
    """Binaries that may be the leg's interpreter, best first, with where they are from."""
    if leg.distribution_only:
        found = [(_SYSTEM_BIN / leg.executable, "system package")]
    else:
        found = [(path, "pyenv") for path in _in_pyenv(leg)]
        found += [(path, "PATH") for path in _on_path(leg)]
    for path, source in found:
        # A shim is a shell script: tests need the process that they start.
        if elf.is_elf(path):
            yield path, source


def _in_pyenv(leg: Leg) -> list[Path]:
    """The leg's executable in every pyenv version of its minor, newest micro first."""
    pattern = re.compile(re.escape(leg.minor) + r"\.(\d+)(?:t|-debug|t-debug)?")
    found: list[tuple[int, Path]] = []
    for root in _pyenv_roots():
        for version in root.glob(f"versions/{leg.minor}.*"):
            match = pattern.fullmatch(version.name)
            if match:
                found.append((int(match.group(1)), version / "bin" / leg.executable))
    return [path for _micro, path in sorted(found, key=lambda item: -item[0])]


def _pyenv_roots() -> list[Path]:
    roots = [os.environ.get("PYENV_ROOT", "")]
    pyenv = shutil.which("pyenv")
    if pyenv and not roots[0]:
        # A broken pyenv may still have its versions in a usual place.
        with contextlib.suppress(Unavailable):
            roots.append(run([pyenv, "root"], timeout=30).strip())
    roots += [os.path.expanduser(root) for root in _WELL_KNOWN_PYENVS]
    return list(dict.fromkeys(Path(root).resolve() for root in roots if root))


def _on_path(leg: Leg) -> list[Path]:
    folders = [Path(entry) for entry in os.environ.get("PATH", "").split(os.pathsep) if entry]
    files = [(folder / leg.executable).resolve() for folder in folders]
    return list(dict.fromkeys(file for file in files if os.access(file, os.X_OK)))
