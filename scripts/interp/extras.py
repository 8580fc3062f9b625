"""Things that embed or imitate CPython: a Cython module, PyInstaller, uWSGI."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from .apt import install_on_machine
from .common import Cache, Unavailable, log, run
from .pip import Pip

#: The legs that get the module whose coroutines are Cython's and not the interpreter's.
CYTHON_LEGS = ("3.11", "3.13")

#: In order of preference; both tools embed a shared libpython.
_EMBEDDING_LEGS = ("3.11", "3.12", "3.10", "3.13")

_CYTHON_SOURCE = Path(__file__).with_name("dapper_cython.pyx")
_CYTHON_CHECK = """
import asyncio, dapper_cython
async def main():
    return await dapper_cython.outer(asyncio.sleep(0, 'ran'))
assert asyncio.new_event_loop().run_until_complete(main()) == 'ran'
"""

Entry = dict[str, Any]


def embedding_leg(entries: dict[str, Entry]) -> Entry | None:
    """The leg to embed: one with a shared libpython and headers."""
    for name in _EMBEDDING_LEGS:
        entry = entries.get(name, {})
        if entry.get("shared_libpython") and entry.get("headers"):
            return entry
    return None


def build_cython_module(entry: Entry, pip: Pip, site: Path, scratch: Path) -> None:
    """Compile `dapper_cython` into the package folder of the leg."""
    if not entry["headers"]:
        raise Unavailable("the interpreter has no headers")
    _ensure_compiler()
    pip.install(["cython"], scratch / "tools")
    source = scratch / "dapper_cython.c"
    tools = {"PYTHONPATH": str(scratch / "tools")}
    translate = [entry["path"], "-m", "cython", _CYTHON_SOURCE, "-o", source]
    run(translate, env=tools, timeout=300)
    module = site / f"dapper_cython{entry['ext_suffix']}"
    flags = ["-shared", "-fPIC", "-O2", "-g", "-w", f"-I{entry['headers']}"]
    run(["gcc", *flags, source, "-o", module], timeout=300)
    run([entry["path"], "-c", _CYTHON_CHECK], env={"PYTHONPATH": str(site)}, timeout=60)


def describe_pyinstaller(entry: Entry | None) -> dict[str, Any]:
    """Where PyInstaller is, for the manifest."""
    if entry is None:
        return {"missing": "no interpreter with a shared libpython and headers"}
    version = entry["packages"].get("pyinstaller")
    if version is None:
        return {"missing": entry["packages_missing"].get("pyinstaller", "not installed yet")}
    return {"leg": entry["leg"], "version": version, "site_packages": entry["site_packages"]}


def build_uwsgi(cache: Cache, entry: Entry | None) -> dict[str, Any]:
    """Compile uWSGI for the leg unless that was done; what the manifest says of it."""
    if entry is None:
        return {"missing": "no interpreter with a shared libpython and headers"}
    folder = cache.interpreters / f"uwsgi-{entry['leg']}-{entry['version']}"
    binary = folder / "bin/uwsgi"
    libraries = {"LD_LIBRARY_PATH": str(Path(entry["libpython"]).parent)}
    try:
        if not binary.exists():
            _ensure_compiler()
            log(f"building uWSGI for {entry['leg']}")
            made = cache.work_dir("uwsgi")
            Pip(cache, entry).install(["uwsgi"], made, wheels_only=False)
            run([made / "bin/uwsgi", "--python-version"], env=libraries, timeout=60)
            cache.publish(made, folder)
    except Unavailable as failure:
        return {"missing": str(failure)}
    version = next(folder.glob("uwsgi-*.dist-info"), folder).stem.rpartition("-")[2]
    return {"leg": entry["leg"], "version": version, "path": str(binary), "env": libraries}


def _ensure_compiler() -> None:
    """Have gcc, installing it if that is possible."""
    if shutil.which("gcc") is None:
        install_on_machine(["gcc", "libc6-dev"])
