"""The worked examples in docstrings say what the code does."""

import doctest
import importlib
import pkgutil

import pytest

PACKAGES = ("agent", "campanile", "campus", "controller", "firmware_profiles", "simulator")


def _modules() -> list[str]:
    found = []
    for package in PACKAGES:
        root = importlib.import_module(package)
        found += [module.name for module in pkgutil.walk_packages(root.__path__, f"{package}.")]
    return [name for name in found if not name.endswith("__main__") and ".migrations." not in name]


@pytest.mark.slow
def test_every_worked_example_holds() -> None:
    modules = _modules()
    assert len(modules) > 150
    results = [doctest.testmod(importlib.import_module(name)) for name in modules]
    assert sum(result.attempted for result in results) > 60
    assert not [name for name, result in zip(modules, results, strict=True) if result.failed]
