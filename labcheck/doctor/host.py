"""What the engine has to work with: processor and memory."""

from __future__ import annotations

import platform
import re
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from labcheck.doctor.commands import as_root, is_wsl
from labcheck.doctor.finding import ok, warning, wrong
from labcheck.i18n import _

if TYPE_CHECKING:
    from labcheck.doctor.facts import Engine, Facts
    from labcheck.doctor.finding import Finding

# https://gitlab.com/x86-psABIs/x86-64-ABI, as /proc/cpuinfo calls them: SSE3 is pni, SSSE3, SSE4, CMPXCHG16B, LAHF
_V2 = {"cx16", "lahf_lm", "pni", "popcnt", "sse4_1", "sse4_2", "ssse3"}
_X86, _ARM = {"x86_64", "amd64"}, {"aarch64", "arm64"}
_CPUINFO = Path("/proc/cpuinfo")
_LEAST_BYTES, _GOOD_BYTES = 2**30, 4 * 10**9  # MySQL is killed below; a lab machine should have so much
_FREE_BYTES = 700_000_000  # what MySQL and the keeper take while they start
_GB = 10**9


def processor(facts: Facts) -> Finding:
    """Tell the engine's architecture, and whether MySQL's official image runs on its processor."""
    engine = facts.engine_if_any()
    architecture = str(engine.info.get("Architecture")) if engine else platform.machine()
    is_here = engine.is_here if engine else True
    cpuinfo = _CPUINFO.read_text(errors="replace") if is_here and _CPUINFO.is_file() else ""
    return judge_processor(architecture, cpuinfo, with_standins=facts.registry.kind == "standin")


def judge_processor(architecture: str, cpuinfo: str, *, with_standins: bool) -> Finding:
    """Judge an architecture, and the text of /proc/cpuinfo, which is empty where it is not to be had."""
    if architecture in _ARM:
        return warning(_("{architecture}: it was not tried on one").format(architecture=architecture))
    if architecture not in _X86:
        return wrong(
            _("{architecture}: python:3.10.6 and mysql:8.4 are not made for it").format(architecture=architecture),
            _("Use a computer with an x86-64 or ARM64 processor and a system of 64 bits."),
        )
    flags = re.search(r"^flags\s*:(.*)$", cpuinfo, re.MULTILINE)
    if not flags:
        return ok(
            _("{architecture}; whether it is x86-64-v2 cannot be seen from here").format(architecture=architecture)
        )
    lacking = sorted(_V2 - set(flags[1].split()))
    if not lacking:
        return ok(_("{architecture}, x86-64-v2").format(architecture=architecture))
    found = _("{architecture} without x86-64-v2: it lacks {flags}; MySQL's image needs that").format(
        architecture=architecture, flags=", ".join(lacking)
    )
    if with_standins:
        return warning(found, _("The stand-in that HUB=standin takes is Debian's MySQL, which does without."))
    return wrong(
        found,
        _("A virtual machine: give it the host's processor (QEMU, Proxmox: cpu host). An old computer: stand-ins."),
        "make build-all HUB=standin",
    )


def memory(facts: Facts) -> Finding:
    """Tell how much memory the engine's machine has, and how much of it is free now."""
    engine = facts.engine_if_any()
    total = int(engine.info.get("MemTotal") or 0) if engine else psutil.virtual_memory().total
    free = psutil.virtual_memory().available if not engine or engine.is_here else None
    return judge_memory(total, free, more=_more_memory(engine))


def judge_memory(total: int, free: int | None, *, more: tuple[str, str]) -> Finding:
    """Judge bytes of memory, all and free, None where that cannot be seen; `more`: how to get more."""
    found = _("{total:.1f} GB").format(total=total / _GB)
    if free is not None:
        found = _("{total:.1f} GB, {free:.1f} GB of them free").format(total=total / _GB, free=free / _GB)
    if total < _LEAST_BYTES:
        return wrong(_("{memory}: MySQL does not run in so little").format(memory=found), *more)
    if total < _GOOD_BYTES:
        return warning(_("{memory}: little for the lab machine, which takes up to 6").format(memory=found), *more)
    if free is not None and free < _FREE_BYTES:
        return warning(
            _("{memory}: too little to start MySQL").format(memory=found), _("See what takes it:"), "top -o %MEM"
        )
    return ok(found)


def _more_memory(engine: Engine | None) -> tuple[str, str]:
    if engine and engine.is_desktop:
        return _("Docker Desktop: Settings → Resources → Memory."), ""
    if is_wsl():
        return (
            _("Write memory=6GB below [wsl2] into the file .wslconfig of your Windows home folder, then:"),
            "wsl.exe --shutdown",
        )
    swap = "fallocate -l 2G /swapfile && chmod 600 /swapfile && mkswap /swapfile && swapon /swapfile"
    return _("Give the virtual machine more; or let it swap:"), as_root(f"sh -c '{swap}'")
