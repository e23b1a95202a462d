"""Packages whose modules are found by name: one file more is one more of its kind."""

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType


def modules_of(package: str) -> dict[str, ModuleType]:
    """Import the modules of a package: {name: module}, sorted by name.

    Parameters: package, its dotted name, written out in the call: the code fingerprint reads it
    there, and counts every module of the package.
    Raises: ImportError or another error of a module that cannot be imported.
    """
    return {name: importlib.import_module(f"{package}.{name}") for name in names_of(package)}


def names_of(package: str) -> list[str]:
    """Name the modules of a package, sorted, without importing them.

    Raises: ModuleNotFoundError for a name that is no package.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError(f"no package named {package!r}", name=package)
    return names_in(Path(spec.submodule_search_locations[0]))


def names_in(folder: Path) -> list[str]:
    """Name the modules in the folder of a package, without private ones and sub-packages."""
    return sorted(path.stem for path in folder.glob("*.py") if not path.name.startswith("_"))
