"""The workflows pass the linters of their kind, and run what is run at a desk."""

import subprocess
import sysconfig
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
SCRIPTS = Path(sysconfig.get_path("scripts"))


@pytest.mark.parametrize(
    "command",
    [
        ["zizmor", "--offline", "--no-progress", "--persona=auditor"],
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
    ],
    ids=lambda command: command[0],
)
def test_linters_find_nothing(command):
    result = subprocess.run(
        [SCRIPTS / command[0], *command[1:], *WORKFLOWS], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_ci_runs_what_a_developer_runs():
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    assert {"run": ".ci/run"} in jobs["test"]["steps"]
    assert (ROOT / ".ci/run").stat().st_mode & 0o111, "executable"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_path_and_target_in_a_workflow_exists(path):
    makefile = (ROOT / "Makefile").read_text()
    for job in yaml.safe_load(path.read_text())["jobs"].values():
        for step in job["steps"]:
            words = step.get("run", "").split()
            if words[:1] == ["make"]:
                targets = [word for word in words[1:] if "=" not in word]
                assert all(f"\n{target}:" in makefile for target in targets)
            for word in words:
                if word.startswith("tests/"):
                    assert (ROOT / word).exists(), word
