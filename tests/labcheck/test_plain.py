"""Text of strangers harms nobody who reads it."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from labcheck.plain import plain, plain_line


def test_what_steers_or_hides_is_gone() -> None:
    """Escape sequences, NUL, direction marks and what is no character; letters, emoji and accents stay."""
    assert plain("a\x1b[31m\0b\u202ec\u2066d\u200be\ufefff") == "a[31mbcdef"
    assert plain("x\ud800\uffffy\ufdd0") == "x\ufffd\ufffdy\ufffd"
    assert plain("Ёж, naïve 日本 👍\tok\r\nline\u2028next") == "Ёж, naïve 日本 👍\tok\nline\nnext"
    assert plain_line("  a \n\t b\xa0c ") == "a b c"


@given(st.text(alphabet=st.characters(exclude_categories=())), st.integers(3, 40))
def test_it_is_never_longer_than_asked(text: str, limit: int) -> None:
    """And it can be encoded, whatever it was."""
    assert len(plain(text, limit)) <= limit
    assert "\n" not in plain_line(text, limit)
    plain(text, limit).encode("utf-8")


def test_what_was_cut_is_seen() -> None:
    """Also where all that was looked at is gone."""
    assert plain("x" * 11, 10) == "xxxxxxxx …"
    assert plain("\0" * 100 + "x", 10) == " …"
    assert plain("x" * 10, 10) == "x" * 10


def test_a_gigantic_text_takes_no_time() -> None:
    """What is cut is not looked through."""
    text = "\0я" * 50_000_000
    began = time.process_time()
    assert len(plain(text, 100)) <= 100
    assert time.process_time() - began < 0.5
