"""Copies what the app uses to a folder: it is started here and asked once, then its modules and libraries are copied.

usage: python used.py FOLDER   in the folder of app.py
"""

import importlib.metadata
import re
import runpy
import shutil
import sys
import threading
import urllib.request
from pathlib import Path

from werkzeug.serving import make_server


def copy(path: Path, out: Path) -> None:
    """Copy a file to the same place below a folder; a link as a link, and where it leads."""
    target = out / path.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        target.unlink(missing_ok=True)
        target.symlink_to(path.readlink())
        copy(path.parent / path.readlink(), out)
    else:
        shutil.copy2(path, target)


def answer() -> None:
    """Serve one request as `python app.py` does."""
    app = runpy.run_path("app.py")["app"]
    server = make_server("127.0.0.1", 5000, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open("http://127.0.0.1:5000/").read()
    server.shutdown()


out = Path(sys.argv[1])
answer()
files = {Path(file) for module in list(sys.modules.values()) if (file := getattr(module, "__file__", None))}
mapped = {Path(path) for path in re.findall(r"(/\S+\.so\S*)$", Path("/proc/self/maps").read_text(), re.MULTILINE)}
# a library is loaded by its short name, which is a link to it
files |= {name for library in mapped for name in library.parent.iterdir() if name.resolve() == library}
packages = importlib.metadata.distributions()
files |= {Path(str(file.locate())) for one in packages for file in one.files or [] if file.name == "METADATA"}
files |= {Path(sys.executable), Path("/usr/local/bin/python")}
for file in files:
    if file.is_absolute() and file.is_file() and file != Path(__file__):
        copy(file, out)
for loader in Path("/lib").glob("ld-musl-*"):
    copy(loader, out)
(out / "tmp").mkdir()
