"""What several test modules need."""

import os
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def open_folder():
    """Return a folder that everybody may read, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def chromium():
    """Return a browser; a machine of CI has to have one."""
    from nbhelpers.publish.desk import browser as desk  # most tests need none
    from nbhelpers.publish.project import PublishError

    try:
        with desk.browser() as opened:
            yield opened
    except PublishError as error:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(error))


@pytest.fixture
def as_nobody():
    """Return functions to stop and to become root again, for whom no permission is missing."""
    root = os.geteuid() == 0
    yield lambda: os.seteuid(65534) if root else None
    if root:
        os.seteuid(0)


def pytest_terminal_summary(terminalreporter):
    """List on the page of a CI run what it did not look at: a skipped test has not passed."""
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if not page or hasattr(terminalreporter.config, "workerinput"):  # one of several processes
        return
    passed, skipped = (len(terminalreporter.stats.get(how, [])) for how in ("passed", "skipped"))
    lines = [f"{passed} {'test' if passed == 1 else 'tests'} passed, {skipped} did not run:", ""]
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        lines.append(f"- `{report.nodeid}`: {reason}")
    with open(page, "a", encoding="utf-8") as file:
        file.write("\n".join([*lines, "", ""]))
