"""pyproject.toml, requirements.lock and environment.yml say the same."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.lock").read_text()
PIN = re.compile(r"^([a-z0-9.-]+)==([^ ;]+)( ; [^\\]+)? \\$", re.MULTILINE)


def pins():
    """Return the locked versions of each distribution; some have one per Python version."""
    versions = {}
    for name, version, _ in PIN.findall(LOCK):
        versions.setdefault(canonicalize_name(name), []).append(version)
    return versions


def declared():
    extras = PROJECT["optional-dependencies"].values()
    return [Requirement(text) for text in [*PROJECT["dependencies"], *sum(extras, [])]]


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_what_is_declared_is_locked_within_its_range(requirement):
    versions = pins().get(canonicalize_name(requirement.name))
    assert versions, f"{requirement.name} is not in requirements.lock: run `make lock`"
    assert all(requirement.specifier.contains(version) for version in versions)


def test_every_pin_has_hashes():
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    without = [block.split(" ")[0] for block in blocks if "--hash=sha256:" not in block]
    assert without == []
    assert len(blocks) == len(PIN.findall(LOCK))


def test_the_lock_is_what_the_resolver_makes_of_pyproject(tmp_path):
    """A dependency that was added, dropped or re-ranged without `make lock` changes this."""
    uv = shutil.which("uv") or str(ROOT / ".venv/bin/uv")
    copy = tmp_path / "requirements.lock"
    copy.write_text(LOCK)
    options = "--all-extras --universal --python-version 3.11 --no-header --no-annotate --quiet"
    resolved = subprocess.run(
        [uv, "pip", "compile", "pyproject.toml", *options.split(), "--generate-hashes"]
        + ["--output-file", str(copy)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if resolved.returncode and re.search(r"network|connect|dns|fetch", resolved.stderr, re.I):
        # CI has just installed from an index: there, not reaching one is a failure.
        not_run = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        not_run("NOT RUN: the resolver needs a package index, and none was reached")
    assert resolved.returncode == 0, resolved.stderr
    assert PIN.findall(copy.read_text()) == PIN.findall(LOCK), "run `make lock`"


def test_conda_and_binder_take_the_lock_and_a_python_that_is_supported():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, section = environment["dependencies"]
    assert pip == "pip"
    assert section == {"pip": ["--requirement requirements.lock"]}
    assert SpecifierSet(PROJECT["requires-python"]).contains(python.removeprefix("python="))


def test_no_address_of_an_index_is_in_the_lock():
    assert "://" not in LOCK


@pytest.mark.parametrize("target", ["book", "test", "serve", "notebooks", "lab"])
def test_make_works_in_a_folder_with_a_space(target, tmp_path):
    """Every command starts what stands in .venv; here it says where it was found."""
    checkout = tmp_path / "my course"
    commands = checkout / ".venv/bin"
    commands.mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", checkout)
    (checkout / "requirements.lock").touch()
    (checkout / ".venv/.installed").touch()
    for name in ("python", "ruff", "jupyter"):
        command = commands / name
        command.write_text('#!/bin/sh\necho "$0 $* , $PATH"\n')
        command.chmod(0o755)
    made = subprocess.run(["make", target], cwd=checkout, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    assert f"{'jupyter lab' if target == 'lab' else 'nbhelpers.publish'}" in made.stdout
    if target == "lab":
        assert f"=/lab/tree/my-notebooks , {commands}:" in made.stdout
