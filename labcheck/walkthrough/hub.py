"""Docker Hub, as the walkthrough's machine sees it: a registry of ours under its names, on the machine's own loopback.

The machine reaches no image registry. What the lab pulls is therefore pushed here first, from the user's engine and
wherever that has it from; `docker pull nginx` is then a pull as any other, through a registry mirror. Steps 144-148
log in and push: for them the same store answers as registry-1.docker.io too, with a password, under a certificate of an
authority that only the machine trusts. Both registries are containers on the user's engine, in the machine's network.
"""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import docker.errors
import requests
from rich.console import Console

from labcheck.checks.testbed import listening
from labcheck.engine import ownership
from labcheck.engine.containers import get_texts, inside, published_port, put_files, wait_until
from labcheck.errors import LabcheckError
from labcheck.i18n import _
from labcheck.images import bases
from labcheck.images import lab as images

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient
    from docker.models.containers import Container

    from labcheck.engine.record import Record
    from labcheck.images.bases import Source
    from labcheck.machine.machine import Machine

VOLUME = "labcheck-hub"
REGISTRY = "registry:2"
USER, PASSWORD = "vladimirchabanov", "correct horse"  # the lab's user (147); the password is ours
_STORE = "/var/lib/registry"
_NAMES = "registry-1.docker.io index.docker.io auth.docker.io"
_MIRROR = {"registry-mirrors": ["http://127.0.0.1:55000"]}
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_FILES = ("crt", "key", "htpasswd")
_LOCKED = {
    "HTTP_ADDR": "127.0.0.1:443",
    "HTTP_TLS_CERTIFICATE": "/hub/crt",
    "HTTP_TLS_KEY": "/hub/key",
    "AUTH": "htpasswd",
    "AUTH_HTPASSWD_REALM": "hub",
    "AUTH_HTPASSWD_PATH": "/hub/htpasswd",
}
_SECONDS = 30

# an authority, the registry's certificate, the password's file, and the machine's trust in the first
_SECRETS = r"""
mkdir -p /hub && cd /hub
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=an authority of this machine" \
  -keyout ca.key -out ca.crt
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=registry-1.docker.io" -keyout key -out request
printf 'subjectAltName=DNS:%s' "$(echo "$NAMES" | sed 's/ /,DNS:/g')" > names
openssl x509 -req -in request -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile names -out crt
perl -e 'print "$ENV{USER_NAME}:", crypt($ENV{PASSWORD}, "\$2y\$05\$" . "labcheckwalkthrough000"), "\n"' > htpasswd
cp ca.crt /usr/local/share/ca-certificates/labcheck-hub.crt
update-ca-certificates
grep -q registry-1 /etc/hosts || echo "127.0.0.1 $NAMES" >> /etc/hosts
mkdir -p /etc/docker
printf '%s' "$MIRROR" > /etc/docker/daemon.json
pkill -HUP -x dockerd
"""


class Hub:
    """The store, and the registries that show it."""

    def __init__(self, record: Record, source: Source) -> None:
        """Keep images of the engine of `record`, which come from `source`.

        Raises:
            LabcheckError: no image of a registry can be had.
        """
        self._record = record
        self._source = source
        self._engine = record.engine
        with record.working(lambda _pid: None):
            images.have_bases(record, source, Console(stderr=True), [REGISTRY])
        self._engine.volumes.create(VOLUME, labels={ownership.MACHINE: VOLUME})

    def offer(self, names: list[str]) -> None:
        """Make images of the engine available under their official names.

        Raises:
            LabcheckError: one cannot be had, or the registry does not take it.
        """
        names = [bases.with_tag(name) for name in names]
        with self._record.working(lambda _pid: None):
            images.have_bases(self._record, self._source, Console(stderr=True), names)
            with self._registry({"HTTP_ADDR": ":5000"}, ports={"5000/tcp": ("127.0.0.1", None)}) as container:
                address = f"127.0.0.1:{published_port(container, 5000)}"
                for name in names:
                    self._push(address, name)

    @contextmanager
    def beside(self, machine: Machine) -> Iterator[None]:
        """Show the store to a machine as Docker Hub.

        Raises:
            LabcheckError: the machine's engine does not take to it.
        """
        values = {"NAMES": _NAMES, "USER_NAME": USER, "PASSWORD": PASSWORD, "MIRROR": json.dumps(_MIRROR)}
        code, output = inside(
            machine.container, "env", *(f"{name}={value}" for name, value in values.items()), "sh", "-ec", _SECRETS
        )
        if code:
            raise LabcheckError(_("Docker Hub's stand-in cannot be made: {reason}").format(reason=output))
        files = {f"hub/{name}": get_texts(machine.container, f"/hub/{name}")[0].encode() for name in _FILES}
        network = f"container:{machine.container.id}"
        with (
            self._registry({"HTTP_ADDR": "127.0.0.1:55000"}, network_mode=network) as mirror,
            self._registry(_LOCKED, files, network_mode=network),
        ):
            inside(mirror, "rm", "-rf", f"{_STORE}/docker/registry/v2/repositories/{USER}")  # pushed in an earlier run
            wait_until(machine.container, lambda: _mirrors(machine), _("its engine knows the mirror"), _SECONDS)
            yield

    @contextmanager
    def _registry(
        self,
        settings: dict[str, str],
        files: dict[str, bytes] | None = None,
        **options: Any,  # noqa: ANN401 - docker-py's own
    ) -> Iterator[Container]:
        """Run a registry on the store."""
        container = self._engine.containers.create(
            self._source.reference(REGISTRY),
            environment={f"REGISTRY_{name}": value for name, value in settings.items()},
            volumes={VOLUME: {"bind": _STORE, "mode": "rw"}},
            labels=ownership.run_labels(),
            **options,
        )
        port = int(settings["HTTP_ADDR"].rpartition(":")[2])
        try:
            put_files(container, "/", files or {})
            container.start()
            what = _("the registry answers")
            wait_until(container, lambda: port in {number for _address, number in listening(container)}, what, _SECONDS)
            yield container
        finally:
            container.remove(force=True, v=True)

    def _push(self, address: str, name: str) -> None:
        """Push an image of the engine to a registry of ours, unless it is there."""
        image = self._engine.images.get(self._source.reference(name))
        repository, _colon, tag = name.partition(":")
        path = repository if "/" in repository else f"library/{repository}"
        if _id_of(address, path, tag) == image.id:
            return
        there = f"{address}/{path}:{tag}"
        self._record.tag(str(image.id), there)
        try:
            for event in self._engine.api.push(there, stream=True, decode=True):
                if "error" in event:
                    raise LabcheckError(
                        _("{name} cannot be pushed: {reason}").format(name=there, reason=event["error"])
                    )
        finally:
            self._record.untag(there)


def remove(engine: DockerClient) -> bool:
    """Remove the store; return whether there was one of ours that nobody is using."""
    with suppress(docker.errors.APIError):
        volume = engine.volumes.get(VOLUME)
        if (volume.attrs.get("Labels") or {}).get(ownership.MACHINE) == VOLUME:
            volume.remove()
            return True
    return False


def _id_of(address: str, path: str, tag: str) -> str:
    """Return the id that an image of a registry has on an engine; empty where there is none."""
    with requests.Session() as session:
        session.trust_env = False
        url = f"http://{address}/v2/{path}/manifests/{tag}"
        answer = session.get(url, headers={"Accept": _MANIFEST}, timeout=_SECONDS)
    return str(answer.json()["config"]["digest"]) if answer.ok else ""


def _mirrors(machine: Machine) -> bool:
    return bool(machine.client.info()["RegistryConfig"]["Mirrors"])
