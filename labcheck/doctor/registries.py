"""The package registries: those that pip and apt of this machine are set to, and what is built with them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from labcheck.doctor import addresses
from labcheck.doctor.commands import as_root
from labcheck.doctor.finding import ok, skipped, warning, wrong
from labcheck.doctor.side_by_side import spread
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labcheck.doctor.facts import Facts
    from labcheck.doctor.finding import Finding
    from labcheck.doctor.web import Answer

_ARCHIVES = ("deb.debian.org", "security.debian.org", "archive.ubuntu.com", "security.ubuntu.com")
_MIRROR = "mirror.yandex.ru"  # has all of these under their own paths: https://mirror.yandex.ru
_CERTIFICATE = "/usr/local/share/ca-certificates"


def pip(facts: Facts) -> Finding:
    """Tell whether the indexes of pip answer, and the hosts to which they lead for a package's files."""
    answers = spread(facts.ask, facts.indexes())
    files = []
    if any(answer.is_good for answer in answers):
        known = [*facts.indexes(), *facts.archives()]
        files = spread(facts.ask, addresses.of_files(facts.registries(), known))
    silent = [answer for answer in files if not answer.status]
    if silent:
        return wrong(
            _("an index answers, the host of its files does not: {answers}").format(answers=_list(silent)),
            *_other_index(silent),
        )
    if all(answer.is_good for answer in answers):
        return ok(_hosts([*answers, *files]))
    return judge(answers, *_other_index(answers))


def apt(facts: Facts) -> Finding:
    """Tell whether the archives of apt answer with their Release files: stand-ins are built from them."""
    archives = facts.archives()
    if not archives:
        where = _("apt has no archive") if shutil.which("apt-get") else _("there is no apt here")
        return skipped(_("{where}; stand-ins are built where DEBIAN_MIRROR=http://… names one").format(where=where))
    answers = spread(facts.ask, archives)
    return judge(answers, *_other_archive([answer for answer in answers if not answer.is_good]))


def judge(answers: Sequence[Answer], advice: str, command: str) -> Finding:
    """Judge what came of asking several registries that do the same."""
    bad = [answer for answer in answers if not answer.is_good]
    if not bad:
        return ok(_hosts(answers))
    off = wrong if len(bad) == len(answers) else warning
    return off(_list(bad), advice, command)


def _hosts(answers: Sequence[Answer]) -> str:
    return ", ".join(dict.fromkeys(answer.address.host for answer in answers))


def _list(answers: Sequence[Answer]) -> str:
    return "; ".join(dict.fromkeys(map(str, answers)))


def _other_index(answers: Sequence[Answer]) -> tuple[str, str]:
    if any(answer.ahead is not None and not answer.status for answer in answers):  # it answers, but is not trusted
        return _trust()
    return (
        _("Check the network and the proxy (HTTPS_PROXY), or name an index that is in reach:"),
        "pip config --user set global.index-url https://…/simple",
    )


def _other_archive(bad: Sequence[Answer]) -> tuple[str, str]:
    hosts = list(dict.fromkeys(answer.address.host for answer in bad))
    files = "/etc/apt/sources.list /etc/apt/sources.list.d"
    if any(answer.ahead is not None and not answer.status for answer in bad):
        return _trust()
    if not hosts:
        return "", ""
    if hosts[0].endswith(_ARCHIVES):
        return (
            _("Check the network and the proxy, or take a mirror:"),
            as_root(f"sed -i 's|//{hosts[0]}/|//{_MIRROR}/|' $(grep -rl {hosts[0]} {files})")
            + " && "
            + as_root("apt-get update"),
        )
    return _(
        "Check the network and the proxy, or take it out of the file that this names:"
    ), f"grep -rl {hosts[0]} {files}"


def _trust() -> tuple[str, str]:
    return (
        _("Set the clock if it is wrong; else trust the authority of your network (a file of its administrator's):"),
        as_root(f"cp authority.crt {_CERTIFICATE}") + " && " + as_root("update-ca-certificates"),
    )
