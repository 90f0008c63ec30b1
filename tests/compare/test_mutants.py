"""Every mutant of the rubric, compared: what is right comes out right, what is wrong is told with its step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labcheck.compare.model import DIFFERS, EQUIVALENT, MISSING, SAME
from tests.mutants import mutant as mutants

if TYPE_CHECKING:
    from pathlib import Path

    from tests.compare.conftest import Compare
    from tests.mutants.mutant import Mutant

RIGHT = [one for one in mutants.load("right") if not one.image]
WRONG = {one.path.stem: one for one in mutants.load("wrong")}
ADVICE = {name: one for name, one in WRONG.items() if one.beyond}

# what differs, and the lab's step of it
EXPECTED = {
    "app-does-not-compile": ("app.py", 108),
    "app-ends-at-once": ("app.py", 108),
    "app-named-with-its-folder": ("Dockerfile", 113),
    "cmd-as-a-string": ("Dockerfile", 113),
    "compilers-in-the-image": ("Dockerfile", 128),
    "copy-of-a-file-that-is-not-there": ("Dockerfile", 113),
    "dns-address-cut-short": ("netplan", 2),
    "dns-file-without-yaml": ("netplan", 2),
    "dns-for-another-interface": ("netplan", 2),
    "dns-key-at-the-wrong-depth": ("netplan", 2),
    "dns-no-address": ("netplan", 2),
    "dns-tabs": ("netplan", 2),
    "dns-turns-dhcp-off": ("netplan", 2),
    "dockerfile-alpine-with-a-dash": ("Dockerfile", 113),
    "dockerfile-in-utf-16": ("Dockerfile", 113),
    "dockerfile-misnamed": ("Dockerfile", 113),
    "dockerfile-not-ignored": (".dockerignore", 123),
    "dockerfile-txt": ("Dockerfile", 113),
    "environment-called-ven": (".dockerignore", 105),
    "host-left-out": ("app.py", 108),
    "ignore-file-in-another-folder": (".dockerignore", 123),
    "ignore-file-txt": (".dockerignore", 123),
    "keeper-answers-something-else": ("var_keeper", 142),
    "keeper-does-not-build": ("Dockerfile", 113),
    "keeper-forgets": ("var_keeper", 140),
    "keeper-knows-latin-alone": ("var_keeper", 135),
    "keeper-knows-the-values": ("var_keeper", 143),
    "keeper-localhost-for-db": ("var_keeper", 135),
    "keeper-other-password": ("var_keeper", 140),
    "keeper-reads-another-field": ("var_keeper", 142),
    "keeper-refuses-the-second-value": ("var_keeper", 135),
    "keeper-says-nothing": ("var_keeper", 141),
    "nameserver-for-nameservers": ("netplan", 2),
    "no-ignore-file": (".dockerignore", 123),
    "other-port": ("app.py", 108),
    "other-text": ("app.py", 108),
    "page-curly-quotes": ("content", 83),
    "page-misnamed": ("content", 80),
    "page-other-text": ("content", 80),
    "requirements-at-odds": ("requirements", 111),
    "requirements-empty": ("requirements", 111),
    "requirements-flask-alone": ("requirements", 111),
    "requirements-of-the-system": ("requirements", 106),
    "requirements-pkg-resources": ("requirements", 111),
    "requirements-unpinned": ("requirements", 111),
    "slim-is-another-file": ("Dockerfile.slim", 113),
    "slim-on-the-full-base": ("Dockerfile.slim", 127),
    "unknown-instruction": ("Dockerfile", 113),
    "workdir-elsewhere": ("Dockerfile", 113),
    "workdir-elsewhere-for-the-keeper": ("Dockerfile", 113),
}
# mutants of the reference itself that are right for a student, or whose mistake shows only where it runs
NO_STUDENTS = {
    "dns-another-server": "any name server is right",
    "ignore-file-without-venv": "its COPY takes the app's folder alone, step 122's first way",
    "keeper-does-not-count": "what happens to an over-long value is seen where it runs",
    "keeper-does-not-wait": "that it does not try again is seen where it runs; the lab's does not either",
    "keeper-in-the-labs-manner": "it is the lab's",
    "keeper-is-blind-to-case": "so is the lab's",
    "keeper-needs-more-than-the-connector": "a package more is right where a Dockerfile installs it",
    "keeper-takes-no-value-for-an-empty-one": "the lab's stores NULL, or an empty value",
    "keeper-under-another-name": "python ./app.py is python app.py",
    "one-instruction-more": "EXPOSE is right",
    "page-never-plain": "a student has one page, step 83's",
    "requirements-not-as-frozen": "a comment is right",
}
# changes of code that the syntax tree says nothing wrong about: the text of the advice is the rubric's
UNSEEN = {"log-is-silent", "memory-leaks"}
IMAGES = {name for name, one in WRONG.items() if one.image}  # test_image.py


def _made(mutant: Mutant, folder: Path) -> Path:
    mutants.make(mutant, folder)
    return folder


def test_every_wrong_mutant_is_expected_somewhere() -> None:
    """A mutant that is added is put into one of the lists here, and into one alone."""
    parts = [set(EXPECTED), set(NO_STUDENTS), set(ADVICE), IMAGES]
    assert set.union(*parts) == set(WRONG)
    assert sum(map(len, parts)) == len(WRONG)


@pytest.mark.parametrize("mutant", RIGHT, ids=lambda one: one.path.stem)
def test_other_way_is_same_or_equivalent(mutant: Mutant, tmp_path: Path, compared: Compare) -> None:
    """Whatever was handed in of a work that is right by the lab's letter is the same or equivalent."""
    found = compared(_made(mutant, tmp_path))
    wrong = [one for one in found.values() if one.verdict not in {SAME, EQUIVALENT, MISSING}]
    assert not wrong
    absent = {one.artefact for one in found.values() if one.verdict == MISSING}
    snippets = {"app.py", "requirements", "Dockerfile", ".dockerignore", "var_keeper"}
    # a folder at step 132 has no var_keeper yet, and one that holds the snippets alone has nothing else
    allowed = snippets if mutant.base == "snippets" else {"var_keeper"} if mutant.base == "student" else set()
    assert absent - {"netplan", "content"} == allowed


@pytest.mark.parametrize("name", EXPECTED)
def test_mistake_is_told_with_its_step(name: str, tmp_path: Path, compared: Compare) -> None:
    """The artefact with the mistake differs or is missing, at the mistake's step, with a sentence."""
    artefact, step = EXPECTED[name]
    found = compared(_made(WRONG[name], tmp_path))[artefact]
    assert (found.verdict in {DIFFERS, MISSING}, found.step) == (True, step), found
    assert found.summary.endswith((".", "World")), found.summary
    assert not found.is_right


@pytest.mark.parametrize("name", EXPECTED)
def test_no_other_artefact_is_blamed(name: str, tmp_path: Path, compared: Compare) -> None:
    """What the mutant did not touch is not said to differ; requirements at odds also touch the Dockerfile."""
    found = compared(_made(WRONG[name], tmp_path)).values()
    wrong = {one.artefact for one in found if one.verdict == DIFFERS}
    assert wrong <= {EXPECTED[name][0], *(["Dockerfile"] if name == "requirements-at-odds" else [])}


@pytest.mark.parametrize("name", ADVICE)
def test_what_the_lab_does_not_ask_for_is_advice(name: str, tmp_path: Path, compared: Compare) -> None:
    """A work that lacks what only the reference has is equivalent, with advice as far as it can be seen."""
    found = compared(_made(ADVICE[name], tmp_path)).values()
    assert not [one for one in found if one.verdict == DIFFERS]
    touched = {str(edit["file"]) for edit in ADVICE[name].edits}
    notes = [note for one in found if one.artefact in touched for note in one.notes]
    assert any(note.beyond for note in notes) != (name in UNSEEN)
    assert notes


@pytest.mark.parametrize("name", NO_STUDENTS)
def test_reference_mutants_that_a_student_may_hand_in(name: str, tmp_path: Path, compared: Compare) -> None:
    """What is wrong for the reference alone is the same or equivalent in a student's work; the list says why."""
    found = compared(_made(WRONG[name], tmp_path)).values()
    assert {one.verdict for one in found} <= {SAME, EQUIVALENT}
