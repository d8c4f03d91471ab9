"""A real browser to look at the built pages."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from built import PAGES, SITE

from nbhelpers.publish.desk import browser as desk
from nbhelpers.publish.desk.browser import MISSING
from nbhelpers.publish.project import PublishError

CANCELLED = "net::ERR_ABORTED"  # an icon still under way when the tab is closed: nothing failed
NOT_RUN = f"NOT RUN: {MISSING}"


def pytest_collection_modifyitems(items):
    """Without pages there is nothing to look at: that is a failure, not a success."""
    if not PAGES and any(Path(__file__).parent in item.path.parents for item in items):
        pytest.exit(f"There are no pages in {SITE}: run `make book PROFILE=quick`.", returncode=1)


def pytest_terminal_summary(terminalreporter):
    """Say by name which tests did not run."""
    for report in terminalreporter.stats.get("skipped", []):
        if NOT_RUN in str(report.longrepr):
            terminalreporter.write_line(f"{NOT_RUN}: {report.nodeid}")


@pytest.fixture(scope="session")
def browser():
    try:
        with desk.browser() as opened:
            yield opened
    except PublishError:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(NOT_RUN)


@dataclass
class Visit:
    """A page in the browser, and what happened while it loaded.

    Attributes
    ----------
    tab : playwright.sync_api.Page
    requests : list of str
        Every address that was asked for.
    troubles : list of str
        Errors and warnings on the console, exceptions, failed requests.
    """

    tab: object
    requests: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def visit(browser):
    """Give a function that opens a page straight from the disk, as an offline reader does."""

    def open_page(page, *, width=1280, height=800, scheme="light", javascript=True, **how):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            java_script_enabled=javascript,
            **how,
        )
        visit = Visit(context.new_page())
        visit.tab.on("request", lambda request: visit.requests.append(request.url))
        visit.tab.on(
            "requestfailed",
            lambda sent: sent.failure != CANCELLED and visit.troubles.append(sent.url),
        )
        visit.tab.on("pageerror", lambda error: visit.troubles.append(str(error)))
        visit.tab.on(
            "console",
            lambda said: said.type in ("error", "warning") and visit.troubles.append(said.text),
        )
        path, mark, query = page.partition("?")
        visit.tab.goto((SITE / path).as_uri() + mark + query, timeout=30_000)
        return visit

    return open_page
