"""What several test modules need."""

import itertools
import os
import tempfile
from collections import Counter
from pathlib import Path

import pytest

collect_ignore = ["campaign/mutants.py"]  # needs cosmic-ray, which is no part of the environment
LONG = 60  # seconds: of a shorter run nobody asks where they went
SHOWN = 15  # files


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


def seconds_by_file(stats):
    """Return what the tests of each file took together, over all processes, the longest first."""
    spent = Counter()
    for report in itertools.chain.from_iterable(stats.values()):
        if hasattr(report, "duration"):  # a warning has none
            spent[report.nodeid.partition("::")[0]] += report.duration
    return spent.most_common()


def pytest_terminal_summary(terminalreporter):
    """Say where the time went, and, on the page of a CI run, what it did not look at."""
    if hasattr(terminalreporter.config, "workerinput"):  # one of several processes
        return
    spent = seconds_by_file(terminalreporter.stats)
    if sum(seconds for _, seconds in spent) > LONG:
        terminalreporter.section("seconds by file, the longest first")
        for file, seconds in spent[:SHOWN]:
            terminalreporter.write_line(f"{seconds:7.0f} {file}")
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if not page:
        return
    passed, skipped = (len(terminalreporter.stats.get(how, [])) for how in ("passed", "skipped"))
    lines = [f"{passed} {'test' if passed == 1 else 'tests'} passed, {skipped} did not run:", ""]
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        lines.append(f"- `{report.nodeid}`: {reason}")
    with open(page, "a", encoding="utf-8") as file:
        file.write("\n".join([*lines, "", ""]))
