"""Area size: how heavy the image is (steps 117-128). PYTEST_DONT_REWRITE: a student reads our words alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labcheck.checks.verdicts import mismatch, require
from labcheck.i18n import _
from labcheck.images import lab as images

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docker import DockerClient

    from labcheck.checks.testbed import LabContainer
    from labcheck.checks.trial import Built, Trial
    from labcheck.images.bases import Source
    from labcheck.submission.submission import Submission
    from tests.rubric.conftest import Measured, Weighed

MB = 1_000_000
OWN_LAYERS = 16 * MB  # the lab's own come to 10.4: 60.5 (step 131) on a base of 50
ALPINE = 66 * MB  # step 128: about 60 MB
FULL_BAND = (850 * MB, 1000 * MB)  # step 117: about 900 MB
REFERENCE_OWN_LAYERS = 6 * MB
FULL = "python:3.10.6"


@pytest.mark.lab(step=128, area="size")
def test_image_is_small_for_its_base(  # noqa: PLR0913, PLR0917 - pytest hands fixtures over by name
    engine: DockerClient, source: Source, base: Callable[[str], str], built: Built, measured: Measured, weighed: Weighed
) -> None:
    """The app adds little to its base, and on alpine the whole image is about 60 MB."""
    whole = images.size(engine, built.tag)
    own = whole - images.size(engine, built.base_reference)
    weighed("flask", built.tag)
    measured(f"image on {built.base} ({source}): {whole / MB:.1f} MB, own layers {own / MB:.1f} MB")
    said = _("{whole:.1f} MB on {base}, {own:.1f} MB of them in layers of your own").format(
        whole=whole / MB, base=built.base, own=own / MB
    )
    hint = _("Copy the app alone and install requirements.txt alone: no compilers, no data (steps 118, 122).")
    assert own <= OWN_LAYERS, mismatch(_("own layers of at most {mb} MB").format(mb=OWN_LAYERS // MB), said, hint)
    if "alpine" in built.base:
        limit = images.size(engine, base(FULL)) // 10
        limit = limit if source.kind == "standin" else min(limit, ALPINE)
        assert whole <= limit, mismatch(_("at most {mb:.0f} MB").format(mb=limit / MB), said, hint)


@pytest.mark.lab(step=128, area="size")
@pytest.mark.reference
def test_variants_are_in_order(  # noqa: PLR0913, PLR0917 - pytest hands fixtures over by name
    engine: DockerClient, source: Source, handed_in: Submission, trial: Trial, context: Path, measured: Measured
) -> None:
    """The full image is in the lab's band, slim lies between, alpine is at most a tenth; our own layers are thin."""
    builds = {name: require(trial.build(context, name)) for name in handed_in.dockerfiles}
    sizes = {name: images.size(engine, built.tag) for name, built in builds.items()}
    own = {name: sizes[name] - images.size(engine, built.base_reference) for name, built in builds.items()}
    said = ", ".join(f"{name} {sizes[name] / MB:.1f} MB (own {own[name] / MB:.1f})" for name in sizes)
    measured(f"{source}: {said}")
    full, slim, alpine = (sizes[name] for name in ("Dockerfile", "Dockerfile.slim", "Dockerfile.alpine"))
    hint = _("Look at docker history.")
    in_band = source.kind == "standin" or FULL_BAND[0] <= full <= FULL_BAND[1]
    assert in_band, mismatch(_("the full image in the lab's band"), said, hint)
    assert alpine * 10 <= full, mismatch(_("alpine at most a tenth of full"), said, hint)
    assert alpine < slim < full // 2, mismatch(_("slim between alpine and half of full"), said, hint)
    assert max(own.values()) <= REFERENCE_OWN_LAYERS, mismatch(_("own layers of at most 6 MB"), said, hint)


@pytest.mark.lab(step=118, area="size")
@pytest.mark.beyond
def test_no_bytecode(inside: LabContainer) -> None:
    """No .pyc in the image: Python writes its own when it needs them."""
    found = inside.find("-name", "*.pyc")
    assert not found, mismatch(
        _("no .pyc"),
        _("{count} of them, {first} …").format(count=len(found), first=found[0]),
        _("RUN PYTHONDONTWRITEBYTECODE=1 pip install --no-compile … keeps them out, 3 to 10 MB."),
    )


@pytest.mark.lab(step=118, area="size")
@pytest.mark.beyond
def test_no_pip_cache(inside: LabContainer) -> None:
    """Pip's cache, of no use in an image, is not in it."""
    found = inside.find("-path", "*/.cache/pip/*", "-type", "f")
    assert not found, mismatch(_("no cache"), found[0], _("pip install --no-cache-dir keeps it out."))
