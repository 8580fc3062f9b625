"""Fetching, caching and describing the CPython interpreters the tests run against.

`scripts/interpreters` is the entry point.  One module per concern:

    common        errors, subprocesses, the cache folder
    legs          which interpreters the tests want
    probe         asking an interpreter for its version and how it was built
    elf           the little ELF reading the probe needs
    local         interpreters the machine already has (pyenv, PATH)
    apt           a private apt root per distribution suite
    suites        interpreters unpacked from distribution packages
    source_build  interpreters built from distribution source
    resolve       which of those sources serves each leg
    packages      third-party packages for each interpreter
    extras        a Cython module, PyInstaller and uWSGI
    manifest      the manifest file and the table
"""
