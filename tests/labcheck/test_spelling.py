"""Spelling, in English and in Russian: what people read is in the dictionaries or among the project's own words.

The dictionaries are Hunspell's as spylls brings them, for Russian and for English as in America; British English is
what codespell calls so. A new word of ours goes into tests/labcheck/words/, in its place by the alphabet.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import warnings
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import codespell_lib
import pytest
import spylls.hunspell  # type: ignore[import-untyped] # bears no types

from labcheck.i18n import LOCALE_DIR
from labcheck.images.lab import CHECKOUT
from tests.labcheck import prose

if TYPE_CHECKING:
    from collections.abc import Iterable

WORDS = Path(__file__).parent / "words"
CATALOGUE = LOCALE_DIR / "ru" / "LC_MESSAGES" / "labcheck.po"
PAGES = sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").glob("*.md")])
CODE = [
    path
    for folder in ("benchmarks", "flask_app", "labcheck", "scripts", "tests/rubric", "var_keeper")
    for path in sorted((CHECKOUT / folder).rglob("*.py"))
]
DICTIONARIES = Path(spylls.hunspell.__file__).parent / "data"
BRITISH = Path(codespell_lib.__file__).parent / "data" / "dictionary_en-GB_to_en-US.txt"
# not ours, no text, Russian; and the slips on purpose in this file
NOT_OURS = (
    ".git",
    ".venv",
    ".hypothesis",
    "*_cache",
    "__pycache__",
    "*.svg",
    "*.png",
    "*.po",
    f"*/{Path(__file__).name}",
)
# the lab's own slip (docs/errata.md), a possessive in a name, a filter of PDF, half a word in a pattern
OPTIONS = ("--ignore-words-list=applay,debians,flate,repositor", r"--regex=[^\W_]+")  # a name's words one by one


class Language:
    """A dictionary, with the project's own words beside it."""

    def __init__(self, dictionary: str, own: Path, also: Iterable[str] = ()) -> None:
        """Read both; `also` are right too."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # spylls leaves its files to the garbage collector
            self._dictionary = spylls.hunspell.Dictionary.from_files(str(DICTIONARIES / dictionary))
            gc.collect()
        self.own = own.read_text().split()
        self._also = {*also}

    def knows(self, word: str) -> bool:
        """Tell whether a word, or each part of one with hyphens, is in the dictionary."""
        whole = word in self._also or word.lower() in self._also or self._dictionary.lookup(word)
        return whole or ("-" in word and all(self.knows(part) for part in word.split("-")))

    def misspelt(self, words: Iterable[str]) -> set[str]:
        """Return the words that are neither in the dictionary nor the project's own."""
        return {word for word in words if word.lower() not in self.own and not self.knows(word)}


@pytest.fixture(scope="module")
def british() -> dict[str, set[str]]:
    """British spellings, each with the American ones."""
    pairs = (line.split("->") for line in BRITISH.read_text().splitlines())
    return {gb: {word.strip() for word in us.split(",")} - {""} for gb, us in pairs}


@pytest.fixture(scope="module")
def english(british: dict[str, set[str]]) -> Language:
    """English, from either side of the ocean."""
    return Language("en/en_US", WORDS / "english.txt", british)


@pytest.fixture(scope="module")
def russian() -> Language:
    """Russian."""
    return Language("ru/ru", WORDS / "russian.txt")


@pytest.fixture(scope="module")
def english_words() -> dict[str, set[str]]:
    """Every English word of the project's prose, with where it stands."""
    texts = {path: prose.markdown(path) for path in PAGES if not path.stem.endswith(".ru")}
    texts |= {path: prose.python(path) for path in CODE} | {CATALOGUE: prose.messages(CATALOGUE, translated=False)}
    return _places({path: set(prose.english(text)) for path, text in texts.items()})


@pytest.fixture(scope="module")
def russian_words() -> dict[str, set[str]]:
    """Every Russian word of it: of the Russian pages and messages, and where an English page quotes the lab."""
    texts = {path: prose.markdown(path) for path in PAGES} | {CATALOGUE: prose.messages(CATALOGUE, translated=True)}
    return _places({path: set(prose.russian(text)) for path, text in texts.items()})


def _places(words: dict[Path, set[str]]) -> dict[str, set[str]]:
    places = defaultdict(set)
    for path, found in words.items():
        for word in found:
            places[word].add(str(path.relative_to(CHECKOUT)))
    return places


def test_english_is_spelt_right(english: Language, english_words: dict[str, set[str]]) -> None:
    """Every English word in pages, docstrings, comments and messages is one."""
    assert len(english_words) > 1500
    assert {word: english_words[word] for word in english.misspelt(english_words)} == {}


def test_russian_is_spelt_right(russian: Language, russian_words: dict[str, set[str]]) -> None:
    """Every Russian word in pages and messages is one."""
    assert len(russian_words) > 1500
    assert {word: russian_words[word] for word in russian.misspelt(russian_words)} == {}


def test_no_word_is_spelt_in_two_ways(british: dict[str, set[str]], english_words: dict[str, set[str]]) -> None:
    """A word that is spelt the British way in one place is not spelt the American way in another."""
    used = {word.lower() for word in english_words}
    assert used & british.keys(), "the dictionary of codespell is not what it was"
    assert {gb: us & used for gb, us in british.items() if gb in used and us & used} == {}


def test_the_lists_have_no_word_that_nothing_needs(
    english: Language, russian: Language, english_words: dict[str, set[str]], russian_words: dict[str, set[str]]
) -> None:
    """The project's own words are in order, each is used, and no dictionary has it."""
    for language, words in ((english, english_words), (russian, russian_words)):
        assert language.own == sorted(set(language.own))
        needed = {word.lower() for word in words if not language.knows(word)}
        assert set(language.own) - needed == set()


@pytest.mark.parametrize(
    ("text", "noticed"),
    [
        (
            "# A titel\n\n- the `mashine` of [labb](labs/labb.md)\n\n    indentd code\n\n```\nfencd\n```\n",
            {"titel", "labb"},
        ),
        ("We recieve Moodle's zipfiel, labcheck/plugn.py and http://exmple.org", {"recieve", "zipfiel"}),
        ("A neighbour's colour, a neighbor's color", set()),
        ("DOCKER_HOST, IPv6, labcheck.enjine, --optoin, .dockerignor, JUnitt", set()),
    ],
)
def test_a_slip_in_english_is_noticed(tmp_path: Path, english: Language, text: str, noticed: set[str]) -> None:
    """A page's words are looked up, its code and names are not."""
    (tmp_path / "page.md").write_text(text)
    assert english.misspelt(prose.english(prose.markdown(tmp_path / "page.md"))) == noticed


def test_a_slip_in_code_is_noticed(tmp_path: Path, english: Language) -> None:
    """Docstrings of all kinds and comments are looked up, strings and what is meant for tools are not."""
    source = '"""A modul."""\n\nclass A:\n    """Klass."""\n\n    def f(self):\n        """Mehtod `codde`."""\n'
    source += "        return 'strng'  # commentt\n    x = 1  # noqa: ABCD - becauze\n"
    (tmp_path / "module.py").write_text(source)
    noticed = {"modul", "Klass", "Mehtod", "commentt", "becauze"}
    assert english.misspelt(prose.english(prose.python(tmp_path / "module.py"))) == noticed


def test_a_slip_in_russian_is_noticed(tmp_path: Path, russian: Language) -> None:
    """A translation's words are looked up, its blanks and code are not; a Latin letter in a Russian word is noticed."""
    lines = [
        "Образ {имяя} из-за `кода` собран по-русски, Docker-команда",
        "Сборкка образа, но мaшины нет",
    ]  # the a: Latin
    catalogue = "".join(f'msgid "{number}"\nmsgstr "{line}"\n\n' for number, line in enumerate(lines))
    (tmp_path / "labcheck.po").write_text(catalogue)
    words = set(prose.russian(prose.messages(tmp_path / "labcheck.po", translated=True)))
    assert russian.misspelt(words) == {"Сборкка", "мaшины"}


def test_no_common_slip_is_anywhere(tmp_path: Path) -> None:
    """What codespell knows as a slip is in no file of ours, names in code included."""
    (tmp_path / "names.py").write_text("recieved_lenght = 1\n")
    assert slips(tmp_path).count("==>") == 2
    assert slips(CHECKOUT) == ""


def slips(folder: Path) -> str:
    """Return what codespell says about a folder, empty where it finds nothing."""
    done = subprocess.run(  # noqa: S603 - a tool of ours
        [Path(sys.executable).parent / "codespell", "--check-hidden", f"--skip={','.join(NOT_OURS)}", *OPTIONS, "."],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.stdout + done.stderr
