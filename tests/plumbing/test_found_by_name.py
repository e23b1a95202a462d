"""Modules found by name: those of a package, whatever they hold, and no others."""

import sys

import pytest

from plumbing.found_by_name import modules_of, names_of


@pytest.fixture
def kinds(tmp_path, monkeypatch):
    """A package `kinds_for_a_test` with two modules, and what is no module of its kind."""
    package = tmp_path / "kinds_for_a_test"
    (package / "deeper").mkdir(parents=True)
    for name in ("__init__", "second", "first", "_private", "deeper/__init__"):
        (package / f"{name}.py").write_text(f"name = {name!r}\n")
    (package / "table.csv").write_text("1\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield package
    for name in [name for name in sys.modules if name.startswith("kinds_for_a_test")]:
        del sys.modules[name]


def test_modules_come_by_name_and_sorted(kinds):
    modules = modules_of("kinds_for_a_test")
    assert list(modules) == ["first", "second"]
    assert [module.name for module in modules.values()] == ["first", "second"]


def test_one_file_more_is_one_more_module(kinds):
    (kinds / "another.py").write_text("name = 'another'\n")
    assert names_of("kinds_for_a_test") == ["another", "first", "second"]


def test_names_are_known_without_importing_anything(kinds):
    (kinds / "first.py").write_text("raise ImportError\n")
    assert names_of("kinds_for_a_test") == ["first", "second"]
    assert not any(name.startswith("kinds_for_a_test.") for name in sys.modules)
    with pytest.raises(ImportError):
        modules_of("kinds_for_a_test")


@pytest.mark.parametrize("name", ["kinds_for_a_tset", "kinds_for_a_test.first"])
def test_what_is_no_package_is_refused(kinds, name):
    with pytest.raises(ModuleNotFoundError, match=name):
        names_of(name)
