"""The probes, in the order in which a person reads them: the cause stands before what follows from it."""

from __future__ import annotations

from labcheck.doctor import clock, disk, engine, host, hub, lab_machine, network, ports, proxies, registries
from labcheck.doctor.builder import builder
from labcheck.doctor.finding import Probe
from labcheck.i18n import _

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
    Probe("dns", _("DNS"), network.dns),
    Probe("container-network", _("containers' network"), network.container_network),
    Probe("proxy", _("proxy"), proxies.proxy),
    Probe("pip", "pip", registries.pip),
    Probe("apt", "apt", registries.apt),
    Probe("hub", _("base images"), hub.hub),
    Probe("lab-machine", _("lab machine"), lab_machine.lab_machine),
    Probe("keeper-port", _("keeper's port"), ports.keeper_port),
    Probe("web-port", _("page's port"), ports.web_port),
)
