"""Ask an interpreter for its version and how it was built."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from . import elf
from .common import Unavailable, run
from .legs import Leg

#: Runs in the interpreter under test, so it must be valid from 3.7 on.  Whether
#: libpython is shared is read from the mappings: Debian's static executables say
#: Py_ENABLE_SHARED=1.
_QUESTIONS = r"""
import asyncio, json, os, sys, sysconfig
def importable(name):
    try:
        __import__(name)
    except ImportError:
        return False
    return True
with open("/proc/self/maps") as maps:
    mapped = {line.split(None, 5)[5].strip() for line in maps if line.count("/")}
shared = sorted(path for path in mapped if os.path.basename(path).startswith("libpython"))
print(json.dumps({
    "version": "%d.%d.%d" % sys.version_info[:3],
    "releaselevel": sys.version_info[3],
    "implementation": sys.implementation.name,
    "executable": os.readlink("/proc/self/exe"),
    "debug": bool(sysconfig.get_config_var("Py_DEBUG")),
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "libpython": shared[0] if shared else None,
    "include": sysconfig.get_path("include"),
    "ext_suffix": sysconfig.get_config_var("EXT_SUFFIX"),
    "ssl": importable("ssl"),
}))
"""


def describe(leg: Leg, path: Path, source: str, debug_dir: Path | None = None) -> dict[str, Any]:
    """The manifest entry of an interpreter that was run and is what `leg` asks for."""
    answer = json.loads(run([path, "-c", _QUESTIONS], timeout=120))
    _check(leg, path, answer)
    executable = Path(answer["executable"])
    libpython = Path(answer["libpython"]) if answer["libpython"] else None
    runtime = libpython or executable
    debug_files = debug_dir if debug_dir and _separate_dwarf(debug_dir, runtime) else None
    headers = Path(answer["include"])
    return {
        "leg": leg.name,
        "version": answer["version"],
        "releaselevel": answer["releaselevel"],
        "path": str(executable),
        "source": source,
        "debug": answer["debug"],
        "free_threaded": answer["free_threaded"],
        "shared_libpython": libpython is not None,
        "libpython": answer["libpython"],
        "ext_suffix": answer["ext_suffix"],
        "ssl": answer["ssl"],
        "env": {},
        "headers": str(headers) if (headers / "Python.h").exists() else None,
        "debug_dir": str(debug_files) if debug_files else None,
        "has_dwarf": elf.has_dwarf(runtime) or debug_files is not None,
        "site_packages": None,
        "packages": {},
        "packages_missing": {},
        "cython": False,
        "stamp": stamp(executable),
    }


def stamp(path: Path) -> list[int]:
    """What changes when the file does."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def _check(leg: Leg, path: Path, answer: dict[str, Any]) -> None:
    """Refuse an interpreter that is something else than the leg's name says."""
    wanted = ("cpython", leg.minor, leg.debug, leg.free_threaded)
    minor = answer["version"].rpartition(".")[0]
    got = (answer["implementation"], minor, answer["debug"], answer["free_threaded"])
    if got != wanted:
        names = ("implementation", "minor", "debug", "free_threaded")
        wrong = [f"{name} {g!r}" for name, g, w in zip(names, got, wanted) if g != w]
        raise Unavailable(f"{path} is not {leg.name}: it has {', '.join(wrong)}")
    if leg.distribution_only and answer["libpython"]:
        raise Unavailable(f"{path} is not the distribution's static build")


def _separate_dwarf(debug_dir: Path, runtime: Path) -> bool:
    """Whether the folder has the debug information of exactly this binary."""
    identity = elf.build_id(runtime)
    if identity is None:
        return False
    return (debug_dir / ".build-id" / identity[:2] / f"{identity[2:]}.debug").exists()
