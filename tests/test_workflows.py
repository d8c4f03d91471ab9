"""The workflows pass the linters of their kind, and run what is run at a desk."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
DEPENDABOT = ROOT / ".github/dependabot.yml"
SCRIPTS = Path(sysconfig.get_path("scripts"))
CI = "$/.github/workflows/ci.yml"


def jobs(name):
    return yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text())["jobs"]


@pytest.mark.parametrize(
    "command",
    [
        ["zizmor", "--offline", "--no-progress", "--persona=auditor", *WORKFLOWS, DEPENDABOT],
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS],
        ["check-jsonschema", "--builtin-schema", "vendor.dependabot", DEPENDABOT],
    ],
    ids=["zizmor", "schema of workflows", "schema of Dependabot"],
)
def test_linters_find_nothing(command):
    command[0] = SCRIPTS / command[0]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_ci_runs_what_a_developer_runs():
    assert {"run": ".ci/run"} in jobs("ci")["test"]["steps"]
    assert (ROOT / ".ci/run").stat().st_mode & 0o111, "executable"


def test_jobs_that_run_all_tests_have_all_that_these_need():
    """Else what is missing is a failure there, or a test that nobody runs."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    for job in [jobs("ci")["unit"], jobs("weekly")["unpinned"], jobs("weekly")["lowest"]]:
        before, tests, _ = "\n".join(step.get("run", "") for step in job["steps"]).partition(
            "pytest --ignore=tests/pages"
        )
        assert tests
        assert "install --yes -qq --no-install-recommends poppler-utils" in before
        assert "make env" in before or f'".[{",".join(sorted(extras))}]"' in before


def test_nothing_is_published_before_every_check_has_passed():
    publish = jobs("publish")
    checking = [name for name, job in publish.items() if job.get("uses") == CI]
    assert checking, "a job that runs all of ci.yml"
    for name in publish.keys() - checking:
        needed, todo = set(), [name]
        while todo:
            needs = publish[todo.pop()].get("needs", [])
            todo += {needs} if isinstance(needs, str) else set(needs)
            needed |= set(todo)
        assert needed & set(checking), f"{name} does not wait for the checks"
        assert "if" not in publish[name], f"{name} could run although a check failed"


def test_every_action_is_pinned_by_digest_and_says_its_version():
    for path in WORKFLOWS:
        for line in path.read_text().splitlines():
            if "uses:" in line and CI not in line:
                assert re.search(r"uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_the_page_of_a_run_says_which_tests_did_not_run(tmp_path):
    shutil.copy(ROOT / "tests/conftest.py", tmp_path)
    (tmp_path / "test_a.py").write_text(
        "import pytest\ndef test_runs(): pass\ndef test_needs_data(): pytest.skip('no real data')\n"
    )
    page = tmp_path / "summary.md"
    subprocess.run(
        [sys.executable, "-m", "pytest", "--numprocesses=1", "--rootdir", tmp_path, tmp_path],
        env=os.environ | {"GITHUB_STEP_SUMMARY": str(page)},
        capture_output=True,
    )
    assert page.read_text().splitlines() == [
        *("1 test passed, 1 did not run:", "", "- `test_a.py::test_needs_data`: no real data", "")
    ]


def test_a_long_run_says_which_files_took_the_time(tmp_path):
    text = (ROOT / "tests/conftest.py").read_text()
    assert "LONG = 60 " in text
    (tmp_path / "conftest.py").write_text(text.replace("LONG = 60 ", "LONG = 0 "))
    (tmp_path / "test_a.py").write_text("def test_a(): pass\n")
    (tmp_path / "test_b.py").write_text("import time\ndef test_b(): time.sleep(1)\n")
    command = [sys.executable, "-m", "pytest", "--numprocesses=1", "--rootdir", tmp_path, tmp_path]
    said = subprocess.run(command, capture_output=True, text=True).stdout
    listed = said.partition("seconds by file")[2].splitlines()[1:3]
    assert [line.split()[1] for line in listed] == ["test_b.py", "test_a.py"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_path_and_target_in_a_workflow_exists(path):
    makefile = (ROOT / "Makefile").read_text()
    for job in jobs(path.stem).values():
        for step in job.get("steps", []):
            words = step.get("run", "").split()
            if words[:1] == ["make"]:
                targets = [word for word in words[1:] if "=" not in word]
                assert all(f"\n{target}:" in makefile for target in targets)
            for word in words:
                if word.startswith("tests/"):
                    assert list(ROOT.glob(word)), word
