"""A Dockerfile put together from `docker history`, of either builder (steps 113, 137)."""

from __future__ import annotations

import pytest

from labcheck.submission.image_reading import dockerfile_of

BASE = [
    "/bin/sh -c #(nop) ADD file:8c8d in / ",
    "/bin/sh -c set -eux; wget python",
    '/bin/sh -c #(nop)  CMD ["python3"]',
]
CLASSIC = [
    "/bin/sh -c #(nop) WORKDIR /app",
    "/bin/sh -c #(nop) COPY dir:05bb in /app ",
    "/bin/sh -c pip install -r requirements.txt",
    '/bin/sh -c #(nop)  ENTRYPOINT ["python"]',
    '/bin/sh -c #(nop)  CMD ["app.py"]',
    "app.py",  # docker commit
]
BUILDKIT = [
    "WORKDIR /app",
    "COPY / /app # buildkit",
    "RUN /bin/sh -c pip install -r requirements.txt # buildkit",
    'ENTRYPOINT ["python"]',
    'CMD ["app.py"]',
]
DOCKERFILE = """\
FROM python:3.10.6-alpine
WORKDIR /app
COPY / /app
RUN pip install -r requirements.txt
ENTRYPOINT ["python"]
CMD ["app.py"]
"""


@pytest.mark.parametrize("own", [CLASSIC, BUILDKIT], ids=["classic", "buildkit"])
def test_the_labs_dockerfile_comes_back(own: list[str]) -> None:
    """The lab's own Dockerfile is what its image's history says, whichever builder made it and commit added to it."""
    assert dockerfile_of([*BASE, *own], "python:3.10.6-alpine", "/app", {}) == DOCKERFILE


def test_what_was_copied_by_name_is_copied_by_name() -> None:
    """The classic builder's history has no name of what was copied: a file that the image has at that place, if any."""
    own = [
        "/bin/sh -c #(nop) COPY file:05bb in /app/app.py ",
        "/bin/sh -c #(nop) COPY file:06bb in src/app.py ",
        "/bin/sh -c #(nop) COPY file:07bb in . ",
        "/bin/sh -c #(nop) COPY file:08bb in /srv/app.py ",
    ]
    said = dockerfile_of(
        [*BASE, *own], "python:3.10.6", "/app", {"/app/app.py": "app.py", "/app/src/app.py": "src/app.py"}
    )
    copies = ["app.py /app/app.py", "src/app.py src/app.py", "/ .", "/ /srv/app.py"]
    assert said == "\n".join(["FROM python:3.10.6", *(f"COPY {copy}" for copy in copies), ""])


@pytest.mark.parametrize(
    ("history", "base"),
    [
        ([*BASE, *CLASSIC], None),
        (CLASSIC, "python:3.10.6-alpine"),
        (BASE, "python:3.10.6-alpine"),
        ([], "python:3.10.6-alpine"),
    ],
    ids=["no python image", "no official one", "nothing of one's own", "no history"],
)
def test_what_cannot_be_told_is_not_made_up(history: list[str], base: str | None) -> None:
    """Without a known base, or instructions of the student's own, there is no Dockerfile."""
    assert dockerfile_of(history, base, "/app", {}) is None


def test_what_is_no_instruction_is_left_out() -> None:
    """A stranger's history writes no other lines into the Dockerfile: neither comments nor labels nor a second FROM."""
    history = [*BASE, "FROM evil:1", "# syntax=evil/frontend", "LABEL a=b", *BUILDKIT, "ONBUILD RUN x", "RUNNING x"]
    assert dockerfile_of(history, "python:3.10.6-alpine", "/app", {}) == DOCKERFILE
