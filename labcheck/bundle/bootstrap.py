"""The first half of `make load`, by the system's Python: .venv out of the bundle's wheels. The rest needs that.

usage: python -m labcheck.bundle.bootstrap     environment: BUNDLE, the archive
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from labcheck.bundle import archive, manifest
from labcheck.errors import LabcheckError
from labcheck.i18n import _

VENV = Path(".venv")
_WHEELS = VENV / "wheels"
_SCRIPT = Path("scripts") / "venv.sh"


def bootstrap(bundle: Path) -> None:
    """Make .venv of a bundle's wheels, and let its pip find them from now on; no network is asked.

    Raises:
        LabcheckError: the bundle is not whole, or not for this interpreter, or no .venv can be made.
    """
    with archive.reading(bundle) as (tar, about):
        manifest.refuse_other_python(about)
        part = about.part(manifest.WHEELS)
        if part is None:
            raise LabcheckError(_("There are no wheels for .venv in {path}.").format(path=bundle))
        archive.verify(tar, part)
        with tempfile.TemporaryDirectory(prefix="labcheck-") as folder:
            with tarfile.open(fileobj=archive.opened(tar, part)) as wheels:
                for name in about.venv:
                    _copy(wheels, name, Path(folder))
            _make_venv(folder)
            shutil.rmtree(_WHEELS, ignore_errors=True)
            shutil.copytree(folder, _WHEELS)
    (VENV / "pip.conf").write_text(f"[global]\nno-index = true\nfind-links = {_WHEELS.resolve()}\n", encoding="utf-8")


def _copy(wheels: tarfile.TarFile, name: str, folder: Path) -> None:
    """Write a wheel of the archive into a folder; nothing but a file's name is taken for one."""
    try:
        file = wheels.extractfile(name) if Path(name).name == name else None
    except KeyError:
        file = None
    if file is None:
        raise LabcheckError(_("The bundle has no wheel {name}.").format(name=name))
    with (folder / name).open("wb") as target:
        shutil.copyfileobj(file, target)


def _make_venv(wheels: str) -> None:
    # pip's own configuration may name indexes that are not in reach here
    pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels, "PIP_CONFIG_FILE": os.devnull}
    done = subprocess.run(  # noqa: S603 - a script of ours
        ["sh", str(_SCRIPT), str(VENV)],  # noqa: S607 - on PATH
        env={**os.environ, "PYTHON": sys.executable, **pip},
        check=False,
    )
    if done.returncode:
        raise LabcheckError(_("No .venv could be made of the bundle's wheels; the reason is above."))


def main() -> None:
    """Do it; what goes wrong is said in a sentence."""
    bundle = os.environ.get("BUNDLE", "")
    try:
        if not bundle:
            raise LabcheckError(_("Name the bundle: make load BUNDLE=FILE"))  # noqa: TRY301 - one place says it
        bootstrap(Path(bundle))
    except LabcheckError as error:
        print(_("Error:"), error, file=sys.stderr)  # noqa: T201 - there is no .venv yet, and so no rich
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
