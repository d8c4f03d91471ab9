"""The browser that prints pages, and that the tests look at them with."""

import shutil
from contextlib import contextmanager

from playwright.sync_api import sync_playwright

from nbhelpers.publish.project import PublishError

BROWSERS = ["chromium", "chromium-browser", "google-chrome"]
# Quiet: the tests watch every request, and the browser's own are none of the page's.
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--no-first-run",
    *("--disable-gpu", "--disable-quic", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
MISSING = "No browser is installed; expected one of " + ", ".join(BROWSERS) + "."


@contextmanager
def browser():
    """Give Chromium or Chrome as `playwright.sync_api.Browser`.

    Raises
    ------
    PublishError
        If neither is installed.
    """
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        raise PublishError(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()
