"""A private apt root per distribution suite.

apt is pointed at the machine's own mirror, but at a suite of our choice and at
lists, caches and an (empty) package database of its own.  So any suite's
packages can be had without root and without touching the machine's.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path

from .common import Cache, Unavailable, log, run


@dataclass(frozen=True)
class Family:
    """A distribution: its suites, newest first, and how its archive is laid out."""

    name: str
    suites: tuple[str, ...]
    aliases: tuple[str, ...]
    components: str

    @property
    def keyring(self) -> Path:
        """The archive's signing keys."""
        return Path(f"/usr/share/keyrings/{self.name}-archive-keyring.gpg")


_FAMILIES = (
    Family(
        "debian",
        ("sid", "forky", "trixie", "bookworm", "bullseye"),
        ("unstable", "testing", "stable", "oldstable"),
        "main",
    ),
    Family(
        "ubuntu",
        ("resolute", "questing", "noble", "jammy", "focal", "bionic"),
        ("devel",),
        "main universe",
    ),
)

#: Legs are equipped in parallel, but dpkg lets only one of them in.
_INSTALLING = threading.Lock()

_RELEASE_FILE = re.compile(r"'(?P<uri>\S+?)/dists/(?P<suite>[^/\s]+)/InRelease'")


@dataclass(frozen=True)
class AptRoot:
    """One suite of the machine's mirror, ready for look-ups and downloads."""

    family: Family
    suite: str
    config: Path

    @property
    def label(self) -> str:
        """What the manifest calls this source."""
        return f"{self.family.name} {self.suite}"

    def has(self, package: str) -> bool:
        """Whether the suite has such a binary package."""
        return bool(self._versions(package, "Packages"))

    def download(self, packages: list[str], folder: Path) -> list[Path]:
        """Download the packages and everything they depend on, libc included."""
        (folder / "partial").mkdir(parents=True)
        archives = f"Dir::Cache::archives={folder}"
        self._run("apt-get", "-o", archives, "install", "--yes", "--download-only", *packages)
        return sorted(folder.glob("*.deb"))

    def source_versions(self, package: str) -> list[str]:
        """The versions of the source package that the index lists, newest first."""
        return sorted(self._versions(package, "Sources"), key=_version_key, reverse=True)

    def download_source(self, package: str, folder: Path) -> tuple[Path, str]:
        """Download the newest upstream tarball that the mirror really has.

        A mirror's index may list versions whose tarball it does not carry.
        Returns the tarball and its upstream version.
        """
        failures = []
        for version in self.source_versions(package):
            try:
                what = f"{package}={version}"
                fetch = ("apt-get", "source", "--download-only", "--tar-only", what)
                self._run(*fetch, cwd=folder)
                return next(folder.glob("*.orig.tar.?z")), version.partition("-")[0]
            except Unavailable as failure:
                failures.append(f"{version} ({_archive_error(str(failure))})")
        raise Unavailable(f"no source tarball in {self.label}: {', '.join(failures)}")

    def _versions(self, package: str, index: str) -> set[str]:
        """The package's versions in one kind of index: madison lists both kinds."""
        records = self._run("apt-cache", "madison", package).splitlines()
        fields = [[word.strip() for word in record.split("|")] for record in records]
        return {version for _package, version, origin in fields if origin.endswith(index)}

    def _run(self, *argv: str, cwd: Path | None = None) -> str:
        return run(argv, env={"APT_CONFIG": str(self.config)}, cwd=cwd, timeout=1200)


class AptRoots:
    """The private roots of this run, each made when it is first asked for."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._roots: dict[str, AptRoot | Unavailable] = {}
        self._mirrors: list[tuple[Family, str]] | None = None

    def suites(self) -> tuple[str, ...]:
        """The suites of the machine's distribution, newest first."""
        return self._known_mirrors()[0][0].suites

    def root(self, suite: str) -> AptRoot:
        """The suite's root, or `Unavailable` if the mirror does not have it."""
        if suite not in self._roots:
            try:
                self._roots[suite] = self._open(suite)
            except Unavailable as failure:
                self._roots[suite] = failure
        known = self._roots[suite]
        if isinstance(known, Unavailable):
            raise known
        return known

    def _known_mirrors(self) -> list[tuple[Family, str]]:
        if self._mirrors is None:
            self._mirrors = _find_mirrors(self._cache.work_dir("apt"))
        if not self._mirrors:
            raise Unavailable("no Debian or Ubuntu mirror is configured for apt here")
        return self._mirrors

    def _open(self, suite: str) -> AptRoot:
        for family, uri in self._known_mirrors():
            if suite not in family.suites:
                continue
            log(f"reading the package lists of {family.name} {suite}")
            config = _write_root(self._cache.work_dir(f"apt-{suite}"), family, suite, uri)
            try:
                # By default apt-get update passes over an index it could not get.
                strict = "APT::Update::Error-Mode=any"
                environment = {"APT_CONFIG": str(config)}
                run(["apt-get", "-o", strict, "update"], env=environment, timeout=600)
            except Unavailable:
                # A third party's repository may use the distribution's suite names.
                continue
            return AptRoot(family, suite, config)
        raise Unavailable(f"the apt mirror of this machine does not have {suite}")


def _find_mirrors(scratch: Path) -> list[tuple[Family, str]]:
    """The distribution mirrors that apt is configured with, in its order."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return []
    # Printing needs no lists, no network and, with lists elsewhere, no root.
    lists = f"Dir::State::lists={scratch}"
    listed = run(["apt-get", "-o", lists, "--print-uris", "update"], timeout=60)
    mirrors: dict[tuple[Family, str], None] = {}
    for match in _RELEASE_FILE.finditer(listed):
        for family in _FAMILIES:
            if match["suite"] in family.suites + family.aliases:
                mirrors[family, match["uri"]] = None
    return list(mirrors)


def _write_root(folder: Path, family: Family, suite: str, uri: str) -> Path:
    """Lay out a private apt root; returns its configuration file."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()  # Nothing is installed: libc6 must come along too.
    signed = f" signed-by={family.keyring}" if family.keyring.exists() else ""
    (folder / "sources.list").write_text(
        f"deb [target=Packages{signed}] {uri} {suite} {family.components}\n"
        f"deb-src [target=Sources{signed}] {uri} {suite} {family.components}\n"
    )
    config = folder / "apt.conf"
    # The machine's apt.conf.d stays in force: it may hold the proxy to use.
    settings = {
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::State": folder,
        "Dir::State::status": folder / "status",
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "",
        "APT::Install-Recommends": "false",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
    }
    config.write_text("".join(f'{key} "{value}";\n' for key, value in settings.items()))
    return config


def _version_key(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def _archive_error(message: str) -> str:
    """The short of apt's message, without the mirror's address."""
    return "404 Not Found" if "404" in message else "download failed"


def install_on_machine(packages: list[str]) -> None:
    """Make sure the machine has these packages, installing them if we may."""
    with _INSTALLING:
        absent = [package for package in packages if not _is_installed(package)]
        if absent:
            _install(absent)


def _install(absent: list[str]) -> None:
    if os.geteuid() != 0:
        raise Unavailable(f"it needs packages: apt-get install {' '.join(absent)}")
    log(f"installing {' '.join(absent)}")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update"], env=quiet, timeout=600)
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *absent]
    run(install, env=quiet, timeout=1200)


def _is_installed(package: str) -> bool:
    try:
        status = run(["dpkg-query", "--show", "--showformat=${Status}", package])
    except Unavailable:
        return False
    return status.endswith("ok installed")
