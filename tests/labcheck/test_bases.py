"""Names of base images: which is which, whatever registry a student named."""

from __future__ import annotations

import pytest

from labcheck.images import bases


@pytest.mark.parametrize(
    ("reference", "official"),
    [
        ("python:3.10.6", "python:3.10.6"),
        ("library/python:3.10.6", "python:3.10.6"),
        ("docker.io/library/python:3.10.6", "python:3.10.6"),
        ("mirror.gcr.io/library/python:3.10.6-alpine", "python:3.10.6-alpine"),
        ("dockerhub.example.ru:5000/python:3.10.6", "python:3.10.6"),
        ("public.ecr.aws/docker/library/mysql:8.4", "mysql:8.4"),
        ("localhost/python@sha256:00", "python@sha256:00"),
        ("avenga/net-tools", "avenga/net-tools"),
        ("hub.example.ru/somebody/thing:1", "somebody/thing:1"),
        ("ghcr.io/somebody/thing:1", "ghcr.io/somebody/thing:1"),
    ],
)
def test_a_mirrors_prefix_does_not_make_another_image(reference: str, official: str) -> None:
    """FROM with a mirror's prefix is the official image (mistakes.md: right, never ungradable)."""
    assert bases.official_name(reference) == official


@pytest.mark.parametrize(
    ("name", "stand_in"),
    [
        ("python:3.10.6-slim", "python:3.10.6-slim"),
        ("python:3.12-alpine3.20", "python:3.10.6-alpine"),
        ("python:3.13-slim-bookworm", "python:3.10.6-slim"),
        ("python", "python:3.10.6"),
        ("python@sha256:00", "python:3.10.6"),
        ("python:3.12-alpine3.20@sha256:00", "python:3.10.6-alpine"),
        ("python:3.10.6-windowsservercore", "python:3.10.6-windowsservercore"),
        ("ubuntu:22.04", "ubuntu:22.04"),
    ],
)
def test_another_version_of_python_has_the_stand_in_of_its_variant(name: str, stand_in: str) -> None:
    """On stand-ins, one Python stands for all of its variant; what is no Python of Linux has none."""
    assert bases.nearest(name) == stand_in
