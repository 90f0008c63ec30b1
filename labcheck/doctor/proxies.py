"""Proxies: of this machine's programs, of the engine, of builds; each is told of them in a place of its own."""

from __future__ import annotations

import re
import urllib.request
from typing import TYPE_CHECKING, Any

import docker.utils.config

from labcheck.doctor.commands import as_root, has_systemd, service
from labcheck.doctor.finding import ok, warning
from labcheck.i18n import _

if TYPE_CHECKING:
    from labcheck.doctor.facts import Engine, Facts
    from labcheck.doctor.finding import Finding

_CREDENTIALS = re.compile(r"//[^/@]*@")
_LOOPBACK = re.compile(r"//(?:[^/@]*@)?(?:localhost|127\.|\[::1\])")
_VALUES = '"${http_proxy:-$HTTP_PROXY}" "${https_proxy:-$HTTPS_PROXY}"'  # not the values: they may hold a password


def of_environment() -> str:
    """Return the proxy that this machine's programs are told of, empty where there is none."""
    named = urllib.request.getproxies()
    return named.get("https") or named.get("http") or ""


def of_engine(engine: Engine) -> str:
    """Return the proxy that an engine pulls through, empty where it has none."""
    return str(engine.info.get("HttpsProxy") or engine.info.get("HttpProxy") or "")


def proxy(facts: Facts) -> Finding:
    """Tell whether who needs the proxy knows it: the engine, which pulls, and builds, in which pip runs."""
    engine = facts.engine_if_any()
    return judge(of_environment(), of_engine(engine) if engine else None, builds=_of_builds())


def judge(here: str, engine: str | None, *, builds: str) -> Finding:
    """Judge the proxies of this machine, of the engine (None: there is no engine) and of builds; empty is none."""
    shown = _CREDENTIALS.sub("//…@", here or engine or "")
    if not shown:
        return ok(_("none"))
    if here and engine == "":
        return warning(
            _("{proxy} here, but the engine has none: it pulls without").format(proxy=shown),
            _("Name it to the engine, and restart that:"),
            _to_engine(),
        )
    if _LOOPBACK.search(here or engine or ""):
        return warning(
            _("{proxy}: containers do not reach it, 127.0.0.1 is to each of them itself").format(proxy=shown),
            _("Let it listen on the address of docker0 too, and name that one to builds in ~/.docker/config.json."),
        )
    if not builds:
        return warning(
            _("{proxy}, but builds have none: pip in them does without").format(proxy=shown),
            *_to_builds(),
        )
    return ok(shown)


def _of_builds() -> str:
    """Return the proxy that docker-py and the docker command hand to builds: ~/.docker/config.json names it."""
    settings: dict[str, Any] = docker.utils.config.load_general_config().get("proxies", {}).get("default", {})
    return str(settings.get("httpsProxy") or settings.get("httpProxy") or "")


def _to_engine() -> str:
    """Return the command: https://docs.docker.com/engine/daemon/proxy/."""
    if not has_systemd():
        line = 'printf \'export HTTP_PROXY="%s" HTTPS_PROXY="%s"\\n\''
        return f"{line} {_VALUES} | {as_root('tee -a /etc/default/docker')} && {service('restart')}"
    folder = "/etc/systemd/system/docker.service.d"
    return (
        f"{as_root(f'mkdir -p {folder}')} && "
        rf"""printf '[Service]\nEnvironment="HTTP_PROXY=%s" "HTTPS_PROXY=%s"\n' {_VALUES} | """
        f"{as_root(f'tee {folder}/proxy.conf')} && {as_root('systemctl daemon-reload')} && {service('restart')}"
    )


def _to_builds() -> tuple[str, str]:
    """Return the advice and the command: https://docs.docker.com/engine/cli/proxy/."""
    setting = '{"proxies": {"default": {"httpProxy": "%s", "httpsProxy": "%s"}}}'
    say = rf"printf '{setting}\n' {_VALUES}"
    file = docker.utils.config.find_config_file()
    if file:  # never over what it says
        return _("Name it to builds: add to {file} what this prints:").format(file=file), say
    return _("Name it to builds:"), f"mkdir -p ~/.docker && {say} > ~/.docker/config.json"
