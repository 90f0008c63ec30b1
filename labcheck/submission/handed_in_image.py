"""The image that a student names: this engine has it, or it is pulled; and whose fault it is where it cannot be had."""

from __future__ import annotations

import ipaddress
import re
import socket
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import docker.errors

from labcheck.errors import PullError
from labcheck.i18n import _
from labcheck.images import bases, lab
from labcheck.images.bases import HUB, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from labcheck.engine.record import Record

_REPOSITORY = "localhost/labcheck/handed-in"
_NOT_THERE = re.compile(
    r"pull access denied|repository does not exist|manifest (?:for \S+ )?(?:unknown|not found)|not found|"
    r"requested access to the resource is denied|unauthorized|no basic auth|invalid reference format",
    re.IGNORECASE,
)
_WRONG_PLATFORM = re.compile(
    r"no matching manifest|does not match the (?:specified|detected host) platform", re.IGNORECASE
)
_OURS = re.compile(r"toomanyrequests|rate limit|no such host|server misbehaving|lookup ", re.IGNORECASE)


@dataclass(frozen=True)
class Fetched:
    """An image on this engine by its name, or why not: the student's `fault`, or `trouble` of our side."""

    name: str | None = None
    fault: str = ""
    trouble: str = ""


@contextmanager
def fetched(record: Record, source: Source, name: str, say: Callable[[str], None]) -> Iterator[Fetched]:
    """Give the image of that name; what was pulled for it is removed afterwards.

    A mirror of Docker Hub seldom has students' images: what it does not have, Docker Hub itself is asked for.
    """
    name = bases.with_tag(name)
    try:
        is_here = record.current_id(name) is not None
    except docker.errors.APIError as error:
        said = _("{name} is not what docker calls an image: {reason}").format(name=name, reason=error.explanation)
        yield Fetched(fault=said)
        return
    if is_here and _is_the_references(record, name):
        said = _("{name} is the reference's image, which was built on this machine.").format(name=name)
        yield Fetched(fault=f"{said} {_without_user(name)}")
        return
    if is_here:
        with _with_tag(record, name) as tag:
            yield Fetched(tag)
        return
    outcome = Fetched()
    for where in _places(source, name):
        outcome = _pull(where, name, say)
        if outcome.name or outcome.trouble:
            break
    if not outcome.name:
        yield outcome
        return
    record.tag(str(record.current_id(outcome.name)), outcome.name)
    try:
        with _with_tag(record, outcome.name) as tag:
            yield Fetched(tag)
    finally:
        record.untag(outcome.name)


@contextmanager
def _with_tag(record: Record, name: str) -> Iterator[str]:
    """Give the name or, where it has a digest, a tag of ours for the image: docker save and load know tags alone."""
    if "@" not in name:
        yield name
        return
    tag = f"{_REPOSITORY}:{uuid.uuid4().hex[:12]}"
    record.tag(str(record.current_id(name)), tag)
    try:
        yield tag
    finally:
        record.untag(tag)


def _is_the_references(record: Record, name: str) -> bool:
    return any(name in image.tags for image in lab.LAB_IMAGES) and not record.is_foreign(name)


def _without_user(name: str) -> str:
    return _("The name lacks its user: USER/{name} (step 147).").format(name=name)


def _places(source: Source, name: str) -> list[Source]:
    if bases.registry_of(name) or source.kind != "mirror":
        return [HUB]
    return [source, HUB]


def _pull(source: Source, name: str, say: Callable[[str], None]) -> Fetched:
    registry = bases.registry_of(name)
    if registry and not _is_public(registry):
        return Fetched(
            fault=_("{name} names a registry that nobody else can reach: {registry}").format(
                name=name, registry=registry
            )
        )
    reference = source.reference(name)
    try:
        bases.pull(source, name, say)
    except PullError as error:
        if _WRONG_PLATFORM.search(error.reason):
            return Fetched(
                trouble=_("{name} is for another kind of processor: {reason}").format(name=name, reason=error.reason)
            )
        if _NOT_THERE.search(error.reason) and not _OURS.search(error.reason):
            said = _("{name} is not there, or is private: {reason}").format(name=name, reason=error.reason)
            if "/" not in name:
                said += f" {_without_user(name)}"
            return Fetched(fault=said)
        return Fetched(trouble=str(error))
    return Fetched(reference)


def _is_public(registry: str) -> bool:
    """Tell whether a registry is in the open internet: a name in somebody's report is not to lead into our networks.

    One that cannot be looked up counts as public: then it is not reached either.
    """
    host = re.sub(r":\d+$", "", registry).strip("[]")
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except OSError:
        return True
    return all(ipaddress.ip_address(str(address).partition("%")[0]).is_global for address in found)
