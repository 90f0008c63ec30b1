"""The probes, in the order in which a person reads them: the cause stands before what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labcheck.doctor import clock, disk, engine, host, hub, lab_machine, network, ports, proxies, registries
from labcheck.doctor.builder import builder
from labcheck.doctor.finding import Probe, ok
from labcheck.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from labcheck.doctor.facts import Facts
    from labcheck.doctor.finding import Finding


def _outside(look: Callable[[Facts], Finding]) -> Callable[[Facts], Finding]:
    """Return the same probe, but that after `make load` there is nothing to look at: no network is asked."""

    def unless_loaded(facts: Facts) -> Finding:
        return ok(_("not needed: the bundle loaded here has it all")) if facts.has_bundle() else look(facts)

    return unless_loaded


PROBES = (
    Probe("engine", _("engine"), engine.engine),
    Probe("builder", _("builder"), builder),
    Probe("storage-driver", _("storage driver"), engine.storage_driver),
    Probe("image-store", _("image store"), engine.image_store),
    Probe("cgroup", _("cgroup"), engine.cgroup),
    Probe("processor", _("processor"), host.processor),
    Probe("memory", _("memory"), host.memory),
    Probe("disk", _("disk"), disk.disk),
    Probe("clock", _("clock"), clock.clock),
    Probe("dns", _("DNS"), _outside(network.dns)),
    Probe("container-network", _("containers' network"), _outside(network.container_network)),
    Probe("proxy", _("proxy"), proxies.proxy),
    Probe("pip", "pip", _outside(registries.pip)),
    Probe("apt", "apt", _outside(registries.apt)),
    Probe("hub", _("base images"), _outside(hub.hub)),
    Probe("lab-machine", _("lab machine"), lab_machine.lab_machine),
    Probe("keeper-port", _("keeper's port"), ports.keeper_port),
    Probe("web-port", _("page's port"), ports.web_port),
)
