"""The wheels of a bundle: those that .venv is made of, and those that builds in the room ask for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from labcheck import interrupt
from labcheck.bundle import index
from labcheck.containers_compat import inside_archive  # placeholder
