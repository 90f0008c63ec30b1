"""Finds the student's image in what was written about it: the lab asks for its full name in the report (step 148)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# https://pkg.go.dev/github.com/distribution/reference: what an engine takes for a name
_PART = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_PARTS = re.compile(_PART)
_USER = r"[a-z0-9]+(?:[_-]+[a-z0-9]+)*"  # of Docker Hub: without dots
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?")
_LONGEST = 255  # characters of a name
_HUB_REGISTRIES = {"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"}

# the lab text's own examples, which every report quotes, and official images
_NOT_STUDENTS = {"avenga", "beneventsur", "docker", "library", "vladimirchabanov"}
_PLACEHOLDERS = re.compile(
    r"(?:your|my|the)?[-_.]?(?:docker)?[-_.]?(?:hub)?[-_.]?(?:user|account|login)?[-_.]?(?:name|id|login)?|x{3,}"
)
_LIKELY_PLACEHOLDER = "user/"  # taken where no other name is there
# what else is written with a slash: paths, media types, platforms, alternatives
_NOT_USERS = {
    *("app", "application", "bin", "boot", "build", "client", "code", "containers", "content", "data", "debian"),
    *("desktop", "dev", "docs", "documents", "downloads", "etc", "flask", "get", "home", "host", "html", "http"),
    *(
        "https",
        "image",
        "images",
        "input",
        "keeper",
        "lib",
        "linux",
        "localhost",
        "mnt",
        "mysql",
        "net",
        "nginx",
        "opt",
    ),
    *("post", "proc", "python", "root", "run", "sbin", "share", "site", "src", "srv", "static", "stdin", "stdout"),
    *("sys", "tcp", "templates", "text", "tmp", "tutorial", "ubuntu", "udp", "usr", "var", "var_keeper", "venv"),
    *("volumes", "windows"),
}
_FILE = re.compile(
    r"\.(?:cfg|conf|css|csv|docx?|html?|ini|ipynb|jpe?g|js|json|list|md|pdf|png|py|sh|sql|toml|txt|ya?ml)$"
)
_LOOPBACK = re.compile(r"(?:localhost|127(?:\.\d+){3}|0\.0\.0\.0)(?::\d+)?$")
_ADDRESS = re.compile(r"\d+(?:\.\d+){3}(?::\d+)?$")
_REGISTRY_WORD = re.compile(
    r"(?:^|[.-])(?:registry|docker|dockerhub|hub|cr|[gq]cr|ghcr|azurecr|ecr|quay|harbor|nexus)(?=[.:-])"
)
_NO_REGISTRY = re.compile(r"(?:docs|www|hub|forums|download|blog)\.docker\.com")
_SHORTEST_USER = 4  # characters: https://docs.docker.com/accounts/create-account/
_COMMAND = re.compile(
    r"\bdocker(?:\.exe)?\s+(?:image\s+|container\s+)?(?P<verb>push|pull|tag|run|create|commit|build)\s+"
    r"(?P<rest>(?:(?!\bdocker\s)[^\n;&|])*)",
    re.IGNORECASE,
)
# which of its words without a dash names the image; build has it in an option
_IMAGE_WORD = {"push": 0, "pull": 0, "run": 0, "create": 0, "tag": 1, "commit": 1}
_NO_VALUE = re.compile(
    r"--?(?:[ditPqaf]+|all-tags|detach|init|interactive|no-healthcheck|privileged|publish-all|quiet|rm|tty)"
)
_ADDRESS_ON_HUB = re.compile(
    r"\bhub\.docker\.com/(?:(?:r|layers|v2/repositories|repositor(?:y|ies)/docker|repositor(?:y|ies))/)?"
    rf"(?P<name>(?!(?:_|u|r|layers|orgs|search|repository|repositories|settings)/){_USER}/{_PART})"
    r"(?:/(?:tags/)?(?P<tag>(?!general\b|tags\b|builds\b|collaborators\b|webhooks\b)[\w.-]+)/(?:images/)?sha256[-:])?",
    re.ASCII | re.IGNORECASE,
)
_WORDS = re.compile(r"[^\s\"'`<>()\[\]{}|,;*\\]+")
_LABEL = re.compile(
    r"\b(?:образ\w*|image|имя|названи\w*|репозитори\w*|repository|docker\s?hub\w*|ссылк\w*)\b[^:=]{0,60}[:=-]$",
    re.IGNORECASE,
)
_HEADING = re.compile(r"\b(?:имя|названи\w*|ссылк\w*|name)\b", re.IGNORECASE)  # the line before, or the cell
_IMAGE = re.compile(r"\b(?:образ\w*|image)$", re.IGNORECASE)
_PLAIN = {"Cf": "", "Pi": '"', "Pf": '"', "Pd": "-"}  # by Unicode category: invisible, quotes, dashes
_LISTED = re.compile(r"\s+(?P<tag>[\w.-]+)\s+(?:sha256:)?[0-9a-f]{12}\b")  # a line of docker image ls
_OPENING, _CLOSING = " \"'`<([*", " \"'`>)]*.,;:!?"
_ENDS = ".,;:!?_-=/"
_BEFORE, _AROUND = 120, 200  # characters: before a name that may call it the image, of a line that are shown
_MOST = 50  # names of a text
# how an image is mentioned, the surer that it is the hand-in the later
_WAYS = ("", "alone", "listed", "build", "commit", "called", "create", "run", "pull", "tag", "hub", "push", "labelled")


@dataclass(frozen=True)
class Named:
    """An image's name as an engine takes it, Docker Hub's without registry, and the line that it was found in."""

    name: str
    line: str


@dataclass(frozen=True)
class _Found:
    name: str
    how: str  # one of _WAYS
    at: int  # where in the text


def find(text: str) -> list[str]:
    """Return the images that a text names, the likeliest hand-in first; official ones and the lab's are left out."""
    return [named.name for named in mentions(text)]


def name_in(cell: str) -> str | None:
    """Return the image that a cell of a table names in any way that `find` understands."""
    return next(iter(find(cell)), None)


def mentions(text: str) -> list[Named]:
    """Return the images that a text names, with the line of each; see `find`.

    A keeper comes first; then what is called the image or was pushed, before what was pulled, run or only written
    down; of equals the last, since it is pushed again after a correction.
    """
    text = _plain(text)
    found = sorted(
        [*_commands(text), *_hub_addresses(text), *_words(text)],
        key=lambda one: (
            not one.name.startswith(_LIKELY_PLACEHOLDER),
            "keeper" in one.name,
            _WAYS.index(one.how),
            one.at,
        ),
        reverse=True,
    )
    first = {one.name.removesuffix(":latest"): one for one in reversed(found)}
    kept = [one for one in found if first[one.name.removesuffix(":latest")] is one]
    return [Named(one.name, _line(text, one.at)) for one in kept[:_MOST]]


def _plain(text: str) -> str:
    """Undo what word processors do: composed and invisible characters, quotes, spaces, dashes."""
    text = unicodedata.normalize("NFKC", text)
    text = "".join(_PLAIN.get(unicodedata.category(char), char) for char in text)
    text = re.sub(r"[^\S\n]", " ", re.sub(r"\r\n?|[\v\f\x85\u2028\u2029]", "\n", text))
    text = re.sub(r"\\ *\n|\\(?=[_*-])", "", text)  # continued lines; Markdown's var\_keeper
    return re.sub(r"(?<=\w) ?/ ?(?=[\w-]*keeper)", "/", text)  # the Hub's own pages show spaces


def _line(text: str, at: int) -> str:
    before = text[max(0, at - _AROUND) : at].rpartition("\n")[2]
    return (before + text[at : at + _AROUND].partition("\n")[0]).strip()


def _commands(text: str) -> Iterator[_Found]:
    for command in _COMMAND.finditer(text):
        verb = command["verb"].lower()
        named = list(_arguments(command["rest"], verb))[:2]
        at = _IMAGE_WORD.get(verb, 0)
        name = _reference(named[at], certain=True) if len(named) > at else None
        if name:
            yield _Found(name, verb, command.start())


def _arguments(rest: str, verb: str) -> Iterator[str]:
    """Yield a command's words that are no options; of build the names."""
    words = iter(rest.split())
    for word in words:
        if not word.startswith("-"):
            if verb != "build":
                yield word.strip("\"'`*")
        elif verb == "build" and word in {"-t", "--tag"}:
            yield next(words, "")
        elif "=" not in word and not _NO_VALUE.fullmatch(word):
            next(words, None)


def _hub_addresses(text: str) -> Iterator[_Found]:
    for address in _ADDRESS_ON_HUB.finditer(text):
        tag = f":{address['tag']}" if address["tag"] else ""
        name = _reference(address["name"] + tag, certain=True)
        if name:
            before = text[max(0, address.start() - _BEFORE) : address.start()].rpartition("\n")[2]
            is_labelled = _LABEL.search(re.sub(r"https?://$", "", before).rstrip(_OPENING))
            yield _Found(name, "labelled" if is_labelled else "hub", address.start())


def _words(text: str) -> Iterator[_Found]:
    """Yield names that stand for themselves: labelled, with a tag or a registry, alone on a line, or a keeper's."""
    start, heading = 0, ""
    for line in text.split("\n"):
        for word in _WORDS.finditer(line):
            if not _reference(word[0], sure=True):
                continue
            listed = _LISTED.match(line, word.end())
            before = line[max(0, word.start() - _BEFORE) : word.start()].rstrip(_OPENING)
            how = (
                (_LABEL.search(before) and "labelled")
                or (_IMAGE.search(before) and "called")
                or (listed and "listed")
                or ("alone" if not before and not line[word.end() :].strip(_CLOSING) else "")
            )
            how = "labelled" if how == "alone" and _HEADING.search(heading) else how
            name = _reference(f"{word[0]}:{listed['tag']}" if listed else word[0], sure=bool(how))
            if name:
                yield _Found(name, how, start + word.start())
        start += len(line) + 1
        heading = line[-_BEFORE:] if line.strip() else heading


def _reference(word: str, *, sure: bool = False, certain: bool = False) -> str | None:
    """Return the name that a word is, None where it is none or not a student's.

    `sure`: what stands around it says that it may be an image; otherwise it has to look like one itself.
    """
    scheme, _separator, word = word.strip(_ENDS).rpartition("://")
    path, _at, digest = word.partition("@")
    path, slash, last = path.rpartition("/")
    last, _colon, tag = last.partition(":")
    parts = f"{path}{slash}{last}".lower().split("/")
    registry = parts.pop(0) if {".", ":"} & set(parts[0]) or parts[0] == "localhost" else ""
    if registry in _HUB_REGISTRIES:
        registry, certain = "", True  # spelled out, it is nothing else
    if len(parts) < (1 if registry else 2) or len(word) > _LONGEST:
        return None
    if not all(_PARTS.fullmatch(part) for part in parts) or not re.search("[a-z]", parts[-1]):
        return None
    if (tag and not _TAG.fullmatch(tag)) or (digest and not _DIGEST.fullmatch(digest)):
        return None
    if not _is_students(registry, parts):
        return None
    if not certain and not _looks_like_image(scheme, registry, parts, sure=sure or bool(tag)):
        return None
    repository = "/".join([registry, *parts] if registry else parts)
    return repository + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


def _is_students(registry: str, parts: list[str]) -> bool:
    user = parts[0] if len(parts) > 1 else ""
    if registry:
        is_one = _HOST.fullmatch(registry) and not _LOOPBACK.match(registry) and not _NO_REGISTRY.match(registry)
        return bool(is_one) and user not in _NOT_STUDENTS
    is_placeholder = _PLACEHOLDERS.fullmatch(user) and f"{user}/" != _LIKELY_PLACEHOLDER
    return not is_placeholder and user not in _NOT_STUDENTS and bool(re.search("[a-z]", user))


def _looks_like_image(scheme: str, registry: str, parts: list[str], *, sure: bool) -> bool:
    """Tell an image outside a command from a path, an address of a site and the like."""
    keeper = "keeper" in parts[-1]
    if (len(parts) > 1 and parts[0] in _NOT_USERS) or _FILE.search(parts[-1]):
        return False
    if registry:
        has_port = ":" in registry and not scheme
        return bool(_REGISTRY_WORD.search(registry)) or (has_port and (keeper or not _ADDRESS.match(registry)))
    return not scheme and len(parts[0]) >= _SHORTEST_USER and len(parts) == 2 and (keeper or sure)  # noqa: PLR2004 - user/name
