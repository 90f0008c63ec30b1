"""Base images: the registry that `HUB` names, asked by the engine itself for one manifest; else what is left to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import docker.utils.config

from labcheck.doctor import proxies
from labcheck.doctor.commands import as_root, engine_setting
from labcheck.doctor.facts import SMALLEST_BASE
from labcheck.doctor.finding import ok, warning, wrong
from labcheck.doctor.side_by_side import spread
from labcheck.engine import host
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.images import bases

if TYPE_CHECKING:
    from labcheck.doctor.facts import Facts
    from labcheck.doctor.finding import Finding
    from labcheck.images.bases import Source

_MIRRORS = ("mirror.gcr.io", "public.ecr.aws/docker")  # of Docker Hub's official images, open to everyone
_REFUSED = ("denied", "rate limit", "toomanyrequests", "unauthorized")
_WITHOUT_STORE = (
    """python3 -c "import json, pathlib; file = pathlib.Path('{file}'); settings = json.loads(file.read_text()); """
    """settings.pop('credsStore', None); file.write_text(json.dumps(settings))\""""
)


def hub(facts: Facts) -> Finding:
    """Tell whether base images can be had: pulled from the registry, or they are here, or stand-ins can be taken."""
    registry = facts.registry
    if registry.kind == "standin":
        return _standins(facts)
    refusal = facts.refusal()
    if not refusal:
        return ok(_("{registry} answers").format(registry=registry))
    found = f"{registry}: {refusal}"
    mend = _mend(facts, refusal)
    engine = facts.engine_if_any()
    if engine and not bases.missing(engine.client, registry, list(bases.LAB_BASES)):
        return warning(_("{refusal}; but the lab's base images are here").format(refusal=found), *mend)
    if bases.parse_hub(facts.hub):
        return wrong(found, *mend)
    if _standins(facts).state == "ok":
        return warning(_("{refusal}; so stand-ins are taken, built here").format(refusal=found), *mend)
    return wrong(found, *mend)


def _standins(facts: Facts) -> Finding:
    """Tell whether stand-ins are here or can be built."""
    if _has_standins(facts):
        return ok(_("stand-ins, which are here"))
    try:
        return ok(_("stand-ins, built from {mirror}").format(mirror=host.debian_mirrors().main))
    except LabcheckError as error:
        return wrong(_("stand-ins cannot be built: {reason}").format(reason=error))


def _has_standins(facts: Facts) -> bool:
    engine = facts.engine_if_any()
    return engine is not None and not bases.missing(engine.client, bases.STANDIN, list(bases.LAB_BASES))


def _mend(facts: Facts, refusal: str) -> tuple[str, str]:
    """Return what to do about an engine's reason for not pulling, and the command."""
    return _mend_way(facts, refusal.lower()) or _mend_source(facts, refusal)


def _mend_way(facts: Facts, refusal: str) -> tuple[str, str] | None:
    """Return how to mend what is between the engine and the registry, None where nothing is known to be."""
    engine, name = facts.engine_if_any(), _host(facts.registry)
    if "x509" in refusal and ("expired" in refusal or "not yet valid" in refusal):
        return _("Its certificate is not valid at this time: look at the line of the clock."), ""
    if "x509" in refusal:
        folder = f"/etc/docker/certs.d/{name}"
        copy = as_root(f"mkdir -p {folder}") + " && " + as_root(f"cp authority.crt {folder}/ca.crt")
        return _("Make the engine trust the authority that signed its certificate (ask its administrator):"), copy
    if "http response to https" in refusal and engine:
        return engine_setting(engine, "insecure-registries", [name])
    if "credentials store" in refusal:
        file = docker.utils.config.find_config_file()
        advice = _("The program that keeps passwords, which {file} names, is not there (known of WSL). Do without it:")
        return advice.format(file=file), _WITHOUT_STORE.format(file=file)
    if proxies.of_environment() and engine and not proxies.of_engine(engine):
        return _("The engine has no proxy: look at the line of the proxy."), ""
    return None


def _mend_source(facts: Facts, refusal: str) -> tuple[str, str]:
    """Return from where else base images may come: who has logged in, another mirror, stand-ins."""
    meaning = bases.meaning_of(refusal, facts.registry, SMALLEST_BASE)
    if any(sign in refusal.lower() for sign in _REFUSED):
        return meaning, "docker login" + ("" if facts.registry.kind == "hub" else f" {_host(facts.registry)}")
    mirror = _mirror_in_reach(facts)
    if mirror:
        return _("{mirror} answers, which has the same images:").format(mirror=mirror), f"make build-all HUB={mirror}"
    is_needed = _standins(facts).state == "ok" and not _has_standins(facts)
    return meaning, "make build-all HUB=standin" if is_needed else ""


def _host(registry: Source) -> str:
    return bases.registry_of(registry.reference(SMALLEST_BASE)) or "docker.io"


def _mirror_in_reach(facts: Facts) -> str:
    """Return the first mirror of Docker Hub that answers this machine, empty where none does."""
    mirrors = [mirror for mirror in _MIRRORS if mirror != facts.registry.prefix]
    answers = spread(facts.refusal_here, [bases.Source("mirror", mirror) for mirror in mirrors])
    return next((mirror for mirror, refusal in zip(mirrors, answers, strict=True) if not refusal), "")
