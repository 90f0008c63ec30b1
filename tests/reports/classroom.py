"""A class of sixty as `results.json` has it: made up, the same every time, with all that a report has to cope with."""

from __future__ import annotations

import ast
import random
from typing import TYPE_CHECKING, Any

from labcheck.checks.rubric import AREAS, DIRECTORY, OPTIONAL_AREAS, load_weights, title_of
from labcheck.i18n import translator

if TYPE_CHECKING:
    from collections.abc import Iterator

SURNAMES = ("Иванов", "Петров", "Смирнов", "Попов", "Ёлкин", "Васильев", "Соколов", "Михайлов", "Новиков", "Фёдоров")
NAMES = ("Анна", "Борис", "Глеб", "Дарья", "Зоя", "Игорь")
EVIL = """">`<script>alert('owned')</script><img src=x onerror=alert(1)>{{7*7}}</style>\x1b[31mred\u202etxt.exe\0"""
EVIL_KEY = "../../<b>\0/уж"
LONG = "".join(f"Step {number}: RUN pip install  # {'x' * 60}\n" for number in range(400)) + "ERROR: the last line"
# how likely a weak student is to fail a check
_PITFALLS = {
    "dockerignore.virtual_environment_stays_out": 0.6,
    "dockerignore.dockerfile_stays_out": 0.5,
    "requirements.every_line_is_pinned": 0.45,
    "requirements.no_system_packages": 0.4,
    "run.listens_on_all_interfaces": 0.35,
    "keeper.connects_to_its_database": 0.35,
    "keeper.keeps_any_letter": 0.3,
    "size.image_is_small_for_its_base": 0.3,
    "build.dockerfile_builds": 0.08,
}
_BASES = {"alpine": 47_900_000, "slim": 128_000_000, "": 919_000_000}


def rubric_checks(language: str | None) -> list[dict[str, Any]]:
    """Return the checks that a submission is given, in lab order, worded in a language."""
    weights, translate = load_weights(), translator(language)
    checks = []
    for file in sorted(DIRECTORY.glob("test_*.py")):
        for node in ast.parse(file.read_text()).body:
            marks = [ast.unparse(mark) for mark in getattr(node, "decorator_list", [])]
            lab = next((mark for mark in marks if "mark.lab" in mark), None)
            if not isinstance(node, ast.FunctionDef) or lab is None or any("reference" in mark for mark in marks):
                continue
            call = ast.parse(lab, mode="eval").body
            assert isinstance(call, ast.Call)
            known = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
            name = f"{known['area']}.{node.name.removeprefix('test_')}"
            title = translate(title_of(ast.get_docstring(node)))
            worth = weights.get(name, 0.0)
            checks.append({"id": name, "title": title, "max_points": worth, "beyond": name not in weights, **known})
    return sorted(checks, key=lambda check: (AREAS.index(check["area"]), check["step"]))


def results(language: str | None = "en", size: int = 60) -> dict[str, Any]:
    """Return the results of a class."""
    dice = random.Random(7)  # noqa: S311 - not a secret
    checks = rubric_checks(language)
    submissions = [_submission(number, checks, dice) for number in range(size)]
    for change, submission in zip(_changes(), submissions, strict=False):
        submission.update(change)
    submissions[6]["checks"][9].update(points=1.0, override={"points": 1.0, "why": "Half of it is right."})
    submissions[7]["override"] = {"points": 88.0, "why": "Shown in class."}
    failed = next(check for check in submissions[8]["checks"] if check["verdict"] == "failed")
    failed.update(title=EVIL, expected=EVIL, actual=EVIL, hint=EVIL)
    long = next(check for check in submissions[9]["checks"] if check["verdict"] == "failed")
    long["actual"] = LONG
    return {
        "schema": 1,
        "rubric": {"areas": list(AREAS), "points": 100, "digest": "a1b2c3d"},
        "environment": {
            "engine": "Docker Engine 20.10.24, overlay2",
            "bases": "stand-in",
            "standin": True,
            "date": "2026-11-25 09:40",
        },
        "submissions": submissions,
    }


def _changes() -> Iterator[dict[str, Any]]:
    trouble = "base image debian:10 is out of reach: the registry did not answer within 60 s"
    yield {"ungradable": {"reason": trouble, "checks": ["build.dockerfile_builds"]}, "percent": None, "pass": None}
    rar = {"reason": "the archive is a .rar: hand in a .zip", "checks": []}
    yield {"ungradable": rar, "score": 0.0, "percent": None, "pass": None, "checks": [], "images": []}
    yield {"same_image_as": ["Петров Борис", "Смирнов Глеб"]}
    yield {"superseded": ["Handed in more than once: first-try.zip is left aside."], "notes": ["Of an image alone."]}
    yield {"name": EVIL, "key": EVIL_KEY, "notes": [EVIL], "same_image_as": [EVIL], "superseded": [EVIL]}
    yield {"name": "Константинопольский-" * 8 + "Ян", "participant": "1041"}
    yield {"notes": ["DockerFile is not found under this name: file names are the lab's to the letter"]}


def _submission(number: int, checks: list[dict[str, Any]], dice: random.Random) -> dict[str, Any]:
    skill = min(dice.betavariate(3, 1.2), 0.97)
    missing = [area for area in OPTIONAL_AREAS if dice.random() < 0.25] + (["keeper"] if dice.random() < 0.08 else [])
    own = [_made(check, skill, missing, dice) for check in checks]
    verdicts = {check["id"]: check for check in own}
    if verdicts["build.dockerfile_builds"]["verdict"] == "failed":
        for check in own:
            if check["area"] in {"run", "size", "dockerignore"}:
                check.update(verdict="skipped", points=0.0, actual="says nothing without build.dockerfile_builds")
    scored = [check for check in own if not check["beyond"]]
    steps = [check["step"] for check in scored if check["verdict"] == "failed"]
    score = sum(check["points"] for check in scored)
    trouble = [check["id"] for check in scored if check["verdict"] == "ungradable"]
    kind = dice.choices(list(_BASES), weights=[8, 1, 1])[0]
    layers = round(dice.choice([12.4, 12.4, 18.8, dice.uniform(12, 20), 37.5, dice.uniform(12, 160)]) * 1e6)
    base = f"python:3.10.6{'-' if kind else ''}{kind}"
    image = {"tag": f"student{number}/var_keeper:latest", "bytes": _BASES[kind] + layers, "own_bytes": layers}
    return {
        "key": f"student-{number}",
        "name": f"{SURNAMES[number % len(SURNAMES)]} {NAMES[number // len(SURNAMES)]}",
        "digest": f"{number:064x}",
        "score": score,
        "max_score": sum(check["max_points"] for check in scored),
        "percent": None if trouble else round(score, 1),
        "pass": None if trouble else score >= 60,
        "first_failed_step": min(steps, default=None),
        "missing": missing,
        "ungradable": {"reason": "no space left on the disk", "checks": trouble} if trouble else None,
        "notes": [],
        "same_image_as": [],
        "superseded": [],
        "checks": own,
        "images": [{**image, "base": base}] if "keeper" not in missing else [],
    }


def _made(check: dict[str, Any], skill: float, missing: list[str], dice: random.Random) -> dict[str, Any]:
    verdict, points, said = "passed", check["max_points"], {"expected": "", "actual": "", "hint": ""}
    if check["area"] in missing:
        verdict, said["actual"] = "skipped", f"not handed in: {check['area']}"
        points = points if check["area"] in OPTIONAL_AREAS else 0.0
    elif dice.random() < (1 - skill) * (0.9 if check["beyond"] else _PITFALLS.get(check["id"], 0.12) * 2):
        verdict, points = "failed", 0.0
        said = {
            "expected": "Flask==3.1.3, as `pip freeze` writes it",
            "actual": "Flask\nWerkzeug>=3\nitsdangerous",
            "hint": "Write what `pip freeze` gives into requirements.txt: each package with its exact version.",
        }
    elif dice.random() < 0.002:
        verdict, points, said["actual"] = "ungradable", 0.0, "no space left on the lab machine's disk"
    return {**check, **said, "verdict": verdict, "points": points, "seconds": round(dice.uniform(0, 4), 3)}
