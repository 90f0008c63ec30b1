"""Versions of the reference with one mistake each, or another way that is right too: the rubric has to tell them apart.

A mutant is a TOML file named after what it does. Its keys: `base`, what it starts from (see `BASES`); `edit`, a list of
changes to files; `kills`, the ids of the checks that have to fail, all of them and no other; a right one has none.
"""
