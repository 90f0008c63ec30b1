"""Room on the disks: the engine's, the home folder's, the one for temporary files."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from labcheck.doctor.finding import ok, warning, wrong
from labcheck.engine import host
from labcheck.i18n import _
from labcheck.images import lab as images
from labcheck.machine.container import DISK_MB

if TYPE_CHECKING:
    from labcheck.doctor.facts import Facts
    from labcheck.doctor.finding import Finding

_MACHINE_BYTES = DISK_MB * 10**6  # a lab machine's disk, which grows as it is filled
_OWN_BYTES = 500 * 10**6  # in the home folder and for temporary files: records, unpacked submissions, reports
_INODES = 100_000  # more than the files of all base images
_GB = 10**9


def disk(facts: Facts) -> Finding:
    """Tell whether the build, a lab machine and our own files have room; what is full is said by its folder."""
    for folder in dict.fromkeys([str(Path.home()), tempfile.gettempdir()]):
        finding = judge(folder, _OWN_BYTES, _OWN_BYTES)
        if finding.state != "ok":
            return finding
    engine = facts.engine_if_any()
    if not engine:
        return ok(
            _("{free:.1f} GB are free in your home folder").format(free=(host.free_bytes(str(Path.home())) or 0) / _GB)
        )
    need = images.space_needed(engine.client, facts.source())
    if not engine.is_here:
        return warning(
            _("up to {need:.1f} GB are needed; how much the engine has free cannot be seen from here").format(
                need=need / _GB
            ),
            _("See what it holds:"),
            "docker system df",
        )
    return judge(str(engine.info["DockerRootDir"]), need, need + _MACHINE_BYTES)


def judge(folder: str, need: int, wish: int) -> Finding:
    """Judge the file system of a folder: `need` bytes are indispensable, `wish` is what it may come to."""
    free = host.free_bytes(folder)
    if free is None:
        return warning(_("how much is free in {folder} cannot be seen").format(folder=folder), "", f"df -h {folder}")
    found = _("{free:.1f} GB are free in {folder}").format(free=free / _GB, folder=folder)
    status = os.statvfs(folder)
    if status.f_files > 0 and status.f_favail < _INODES:  # some file systems (btrfs) do not count them
        found = _("{disk}, but room for {count} more files only").format(disk=found, count=status.f_favail)
        return wrong(found, *_MORE)
    if free < need:
        return wrong(_("{disk}, {need:.1f} GB are needed").format(disk=found, need=need / _GB), *_MORE)
    if free < wish:
        return warning(
            _("{disk}; with a lab machine it may take {wish:.1f} GB").format(disk=found, wish=wish / _GB), *_MORE
        )
    return ok(found)


_MORE = (
    _("Remove what nothing uses; you are asked first:"),
    "docker system df && docker builder prune && docker image prune",
)
