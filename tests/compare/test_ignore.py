"""What an ignore file keeps out (lab step 123): https://docs.docker.com/build/concepts/context/."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from labcheck.compare import ignore

if TYPE_CHECKING:
    from pathlib import Path

PATHS = (
    "Dockerfile",
    "app.py",
    "a.pyc",
    "venv/pyvenv.cfg",
    "venv/lib/x.py",
    "src/venv/y",
    "src/a.pyc",
    "src/deep/z.md",
)
# an ignore file, and those of the paths that come into the image; as docker build has it, engine 20.10
FILES = {
    "venv/\nDockerfile\n": ("app.py", "a.pyc", "src/venv/y", "src/a.pyc", "src/deep/z.md"),
    "/venv\n": ("Dockerfile", "app.py", "a.pyc", "src/venv/y", "src/a.pyc", "src/deep/z.md"),
    "./venv/lib/../\n": ("Dockerfile", "app.py", "a.pyc", "src/venv/y", "src/a.pyc", "src/deep/z.md"),
    "**/venv\n": ("Dockerfile", "app.py", "a.pyc", "src/a.pyc", "src/deep/z.md"),
    "*\n!app.py\n": ("app.py",),
    "!app.py\n*\n": (),
    "*.pyc\n": ("Dockerfile", "app.py", "venv/pyvenv.cfg", "venv/lib/x.py", "src/venv/y", "src/a.pyc", "src/deep/z.md"),
    "**/*.pyc\n": ("Dockerfile", "app.py", "venv/pyvenv.cfg", "venv/lib/x.py", "src/venv/y", "src/deep/z.md"),
    "src\n!src/deep\n": ("Dockerfile", "app.py", "a.pyc", "venv/pyvenv.cfg", "venv/lib/x.py", "src/deep/z.md"),
    "# venv\n[a-b]*\n": ("Dockerfile", "venv/pyvenv.cfg", "venv/lib/x.py", "src/venv/y", "src/a.pyc", "src/deep/z.md"),
    "[^a]*\n": ("app.py", "a.pyc"),
    "src/**/z.md\n?pp.py\n": ("Dockerfile", "a.pyc", "venv/pyvenv.cfg", "venv/lib/x.py", "src/venv/y", "src/a.pyc"),
    "\n   \nvenv/**\n": ("Dockerfile", "app.py", "a.pyc", "src/venv/y", "src/a.pyc", "src/deep/z.md"),
    "dockerfile\nApp.py\n": PATHS,
}


@pytest.mark.parametrize("text", FILES)
def test_what_comes_into_the_image(text: str) -> None:
    """The last pattern that fits a path, or a folder above it, decides."""
    ignored = ignore.parse(text)
    assert tuple(path for path in PATHS if not ignored.ignores(path)) == FILES[text]


@pytest.mark.slow
@pytest.mark.parametrize("text", FILES)
def test_docker_build_agrees(text: str, tmp_path: Path) -> None:
    """The same files come into the image when the docker command builds it."""
    for name in PATHS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("FROM scratch\nCOPY / /\n" if name == "Dockerfile" else name)
    (tmp_path / ".dockerignore").write_text(text + ".dockerignore\n")
    built = subprocess.run(
        ["docker", "build", "-q", "."],  # noqa: S607 - found on PATH
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if not FILES[text]:  # COPY has nothing to copy: an engine refuses, or makes an image without files
        assert built.returncode or _files(built.stdout.strip()) == set()
        return
    assert built.returncode == 0, built.stderr
    assert _files(built.stdout.strip()) == set(FILES[text])


def _files(image: str) -> set[str]:
    """Return the paths of an image's files, and remove it."""

    def docker(*words: str) -> str:
        done = subprocess.run(["docker", *words], capture_output=True, text=True, check=True, timeout=120)  # noqa: S603, S607
        return done.stdout.strip()

    container = docker("create", image, "none")
    try:
        listed = subprocess.run(  # noqa: S602 - words of ours
            f"docker export {container} | tar -t",
            shell=True,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
    finally:
        docker("rm", container)
        docker("rmi", image)
    return {path for path in listed.splitlines() if path in PATHS}
