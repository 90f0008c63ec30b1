"""Dockerfiles as the builder reads them: what they start from, and FROM rewritten."""

from __future__ import annotations

from labcheck.images import build

DOCKERFILE = """\
# FROM in a comment:1
FROM python:3.10.6 AS deps
RUN echo FROM here:1
from --platform=linux/amd64 deps as next
FROM nginx
COPY --from=Deps /x /x
COPY --chown=1:1 --from=busybox:1.36 /x /x
RUN --mount=type=bind,from=alpine,target=/x ls /x
COPY --from=0 /x /x
FROM scratch
"""


def test_bases_are_the_images_in_from_without_stages_and_scratch() -> None:
    """Names of stages, scratch, comments and commands are not bases."""
    assert build.base_names(DOCKERFILE) == ["python:3.10.6", "nginx", "busybox:1.36", "alpine"]
    assert build.stages(DOCKERFILE) == ["deps", "next"]


def test_final_base_is_what_the_last_stage_stands_on() -> None:
    """A stage on a stage stands on the first one's image; a base that was named before counts again."""
    assert build.final_base(DOCKERFILE) == "scratch"
    assert build.final_base(DOCKERFILE.replace("FROM scratch", "FROM Next")) == "python:3.10.6"
    assert build.final_base("FROM a:1 AS x\nFROM b:1\nFROM a:1\n") == "a:1"


def test_from_is_rewritten_and_nothing_else() -> None:
    """Only the base images change, in FROM and where files are copied from; every other letter stays."""
    rewritten = build.with_bases(DOCKERFILE, lambda name: f"hub.example/library/{name}")
    expected = DOCKERFILE
    for before, name in (("FROM ", "python:3"), ("FROM ", "nginx"), ("from=", "busybox"), ("from=", "alpine")):
        expected = expected.replace(before + name, f"{before}hub.example/library/{name}")
    assert rewritten == expected


def test_arguments_in_from_are_replaced_by_their_defaults() -> None:
    """ARG before the first FROM counts there, quoted or not; what has no default takes the fallback, or nothing."""
    text = 'ARG TAG="3.10.6"\nARG OTHER\nFROM python:${TAG}-alpine\nFROM nginx:${OTHER:-1.29}\nRUN echo $TAG\n'
    assert build.base_names(build.expand_arguments(text)) == ["python:3.10.6-alpine", "nginx:1.29"]
    assert "RUN echo $TAG" in build.expand_arguments(text)
