"""The record of the images we made on an engine: tag and id. Clean-up goes by it, never by a name alone.

Labels cannot do this: an image passes them on to whatever is built or committed from it. The record lies in the user's
state directory (XDG_STATE_HOME), one file an engine, so that every checkout of a user knows it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker.errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient


STAGE_TAG = "localhost/standin/stage:"  # what a stage of a build is called while the build runs


def state_directory() -> Path:
    """Return our folder for what must outlive a run."""
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    directory = Path(home) / "labcheck"
    directory.mkdir(parents=True, exist_ok=True)
    return directory


class Record:
    """The images that we made on one engine.

    `tags` maps a tag to the id it was given, `begun` to the one it was just being given; `unfinished` holds the ids of
    build steps that no finished image owns yet.
    """

    def __init__(self, engine: DockerClient) -> None:
        """Open the record of `engine`."""
        self.engine = engine
        name = re.sub(r"\W+", "-", engine.info().get("ID") or "engine")
        self._path = state_directory() / f"{name}.json"

    @contextmanager
    def working(self, on_wait: Callable[[str], None]) -> Iterator[None]:
        """Hold the engine's lock, so that two runs do not build the same thing; `on_wait(pid)` is told of the other."""
        with self._path.with_suffix(".working").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                on_wait(lock.read().strip() or "?")
                fcntl.flock(lock, fcntl.LOCK_EX)
            lock.seek(0)
            lock.truncate()
            lock.write(str(os.getpid()))
            lock.flush()
            try:
                yield
            finally:
                self._tidy()

    def tags(self) -> dict[str, str]:
        """Return every recorded tag with the id we gave it."""
        with self._open() as data:
            return dict(data["tags"])

    def current_id(self, tag: str) -> str | None:
        """Return the id that `tag` has on the engine now, None where there is no such image."""
        try:
            return str(self.engine.images.get(tag).id)
        except docker.errors.ImageNotFound:
            return None

    def is_foreign(self, tag: str) -> bool:
        """Tell whether the engine has an image of that name that we did not put there."""
        current = self.current_id(tag)
        with self._open() as data:
            return current is not None and current not in {data["tags"].get(tag), data["begun"].get(tag)}

    def tag(self, image_id: str, tag: str) -> None:
        """Give the image its name and remember it; the image that had the name goes if it was ours and has no other."""
        previous = self.current_id(tag)
        ours = self.tags().get(tag)
        with self._open() as data:
            data["begun"][tag] = image_id  # a run that is killed right after the next line shall know its own image
        if previous != image_id:
            self.engine.images.get(image_id).tag(tag)
        with self._open() as data:
            data["tags"][tag] = data["begun"].pop(tag)
        if previous and previous == ours != image_id:
            self._remove_if_nameless(previous, noprune=False)  # with the steps that it was built of

    def untag(self, tag: str) -> str | None:
        """Remove the name if it still points at what we gave it, and the image with its last name.

        Returns: None, or the engine's reason for keeping it (a container uses it); then it stays recorded.
        """
        if not self.is_foreign(tag) and self.current_id(tag):
            try:
                self.engine.images.remove(tag)
            except docker.errors.APIError as error:
                return str(error.explanation or error)
        with self._open() as data:
            data["tags"].pop(tag, None)
            data["begun"].pop(tag, None)
        return None

    def begin_step(self, image_id: str) -> None:
        """Remember the image of a build step; the end of the run removes those that no image was made of."""
        with self._open() as data:
            data["unfinished"].append(image_id)

    def _tidy(self) -> None:
        """Remove what builds left, of this run and of killed ones; what still has children is part of an image."""
        for tag in self.tags():
            if tag.startswith(STAGE_TAG):
                self.untag(tag)
        with self._open() as data:
            steps, data["unfinished"] = list(data["unfinished"]), []
        for step in reversed(steps):
            self._remove_if_nameless(step)

    def _remove_if_nameless(self, image_id: str, *, noprune: bool = True) -> None:
        try:
            if not self.engine.images.get(image_id).tags:
                self.engine.images.remove(image_id, noprune=noprune)
        except docker.errors.APIError:
            pass  # gone already, or an image or a container stands on it: then it is not ours to remove

    @contextmanager
    def _open(self) -> Iterator[dict[str, Any]]:
        with self._path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            data: dict[str, Any] = {"tags": {}, "begun": {}, "unfinished": []}
            if self._path.exists():
                data |= json.loads(self._path.read_text())
            before = json.dumps(data)
            yield data
            if json.dumps(data) != before:
                fresh = self._path.with_suffix(".new")
                fresh.write_text(json.dumps(data, indent=1))
                fresh.replace(self._path)  # at once: a killed run leaves the old record or the new one
