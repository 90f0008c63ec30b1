"""The engine: whether one answers, which one, and how it keeps images and bounds containers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labcheck.doctor import unreachable
from labcheck.doctor.commands import as_root, engine_setting
from labcheck.doctor.facts import NoEngineError
from labcheck.doctor.finding import ok, warning, wrong
from labcheck.engine import connection as engines
from labcheck.i18n import _

if TYPE_CHECKING:
    from labcheck.doctor.facts import Facts
    from labcheck.doctor.finding import Finding

_GOOD_DRIVERS = {"btrfs", "fuse-overlayfs", "overlay", "overlay2", "overlayfs", "zfs"}  # "overlay" is Podman's
_SNAPSHOTTER = "io.containerd.snapshotter.v1"  # https://docs.docker.com/engine/storage/containerd/


def engine(facts: Facts) -> Finding:
    """Tell which engine answers, and where; else why none does."""
    try:
        found = facts.engine()
    except NoEngineError as error:
        return unreachable.explain(error)
    text = _("{engine}, at {address}").format(engine=engines.describe(found.client), address=engines.address())
    if found.info.get("OSType", "linux") != "linux":
        return wrong(
            _("{engine}: it runs containers of Windows").format(engine=text),
            _("Switch Docker Desktop to Linux containers, in PowerShell:"),
            r'& "$Env:ProgramFiles\Docker\Docker\DockerCli.exe" -SwitchLinuxEngine',
        )
    if found.is_podman:
        return warning(
            _("Podman answers in an engine's place: {engine}").format(engine=text),
            _("It was not tried. Docker's own engine:"),
            as_root("apt-get install docker.io"),
        )
    if "/snap/" in str(found.info.get("DockerRootDir")):
        return warning(
            _("{engine}, installed by snap: folders outside your home are empty in containers").format(engine=text),
            _("Install the engine as a package (lab step 5):"),
            as_root("snap remove docker") + " && " + as_root("apt-get install docker.io"),
        )
    return ok(text)


def storage_driver(facts: Facts) -> Finding:
    """Tell by which driver the engine stacks layers: vfs copies each as a whole."""
    found = facts.engine()
    driver = str(found.info.get("Driver"))
    below = _driver_status(found.info).get("Backing Filesystem", "")
    text = _("{driver} on {filesystem}").format(driver=driver, filesystem=below) if below else driver
    if _driver_status(found.info).get("Supports d_type") == "false":
        return wrong(
            _("{driver}: its file system does not tell files from folders (d_type), which breaks builds").format(
                driver=text
            ),
            *engine_setting(found, "data-root", "/home/docker"),
        )
    if driver in _GOOD_DRIVERS:
        return ok(text)
    if driver == "vfs":
        text = _("{driver}: each layer is a copy of all below it, so images take many times their size").format(
            driver=text
        )
        return warning(text, *engine_setting(found, "storage-driver", "overlay2"))
    return warning(
        _("{driver}: it was not tried").format(driver=text), *engine_setting(found, "storage-driver", "overlay2")
    )


def image_store(facts: Facts) -> Finding:
    """Tell whether containerd keeps the images, or the engine itself; both will do."""
    if _driver_status(facts.engine().info).get("driver-type") == _SNAPSHOTTER:
        return ok(_("containerd's: docker image ls shows packed and unpacked size as one; our tables sum the layers"))
    return ok(_("the engine's own"))


def cgroup(facts: Facts) -> Finding:
    """Tell the version of cgroups, and whether memory and processes can be bounded by them: the lab machine's are."""
    info = facts.engine().info
    version, driver = info.get("CgroupVersion", "1"), info.get("CgroupDriver", "?")
    text = _("version {version}, driver {driver}").format(version=version, driver=driver)
    lacking = [what for what, is_there in _limits(info).items() if not is_there]
    if not lacking:
        return ok(text)
    text = _("{cgroup}; containers cannot be bounded in {what}").format(cgroup=text, what=", ".join(lacking))
    if facts.engine().has_security("rootless"):
        return warning(
            text,
            _("Let systemd hand these over to you, then log in again:"),
            "sudo mkdir -p /etc/systemd/system/user@.service.d && "
            r"printf '[Service]\nDelegate=cpu cpuset io memory pids\n' | "
            "sudo tee /etc/systemd/system/user@.service.d/delegate.conf && sudo systemctl daemon-reload",
        )
    return warning(
        text,
        _("Start the kernel with cgroup_enable=memory swapaccount=1. With GRUB, and then start the machine anew:"),
        as_root("sed -i 's/^GRUB_CMDLINE_LINUX=\"/&cgroup_enable=memory swapaccount=1 /' /etc/default/grub")
        + " && "
        + as_root("update-grub"),
    )


def _limits(info: dict[str, Any]) -> dict[str, bool]:
    return {_("memory"): info.get("MemoryLimit", True), _("processes"): info.get("PidsLimit", True)}


def _driver_status(info: dict[str, Any]) -> dict[str, str]:
    """Return the table of the storage driver: pairs, as `docker info` prints them below it."""
    return {str(pair[0]): str(pair[1]) for pair in info.get("DriverStatus") or []}
