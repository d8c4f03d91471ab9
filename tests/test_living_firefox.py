"""Every living figure in Firefox, from disk: it opens, makes no error, and answers a press."""

import json

import firefox
import pytest
from living_toy import FIGURES, build

SAYS = "document.querySelector('.living-figure > .live-says')"
# "Next", or how far it goes as well: "Next 10 epochs".
NEXT = "[...document.querySelectorAll('button')].find((one) => one.textContent.startsWith('Next'))"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("living")
    return build(folder / "stage", folder / "html")


@pytest.fixture(scope="module")
def fox(tmp_path_factory):
    if not firefox.installed():
        pytest.skip("there is no Firefox here; on Debian: apt-get install firefox-esr")
    with firefox.opened(tmp_path_factory.mktemp("profile")) as session:
        yield session


def test_an_error_of_a_page_is_noticed(fox, tmp_path):
    page = tmp_path / "wrong.html"
    page.write_text("<!DOCTYPE html><title>wrong</title><script>nothing.here()</script>")
    fox.go(page.as_uri())
    assert [one for one in fox.errors() if "nothing is not defined" in one]


@pytest.mark.parametrize("name", FIGURES)
def test_opens_from_disk_and_goes_a_step(name, fox, pages):
    page = (pages / f"live/{name}.html").as_uri()
    fox.go(page)
    fox.wait(f"{SAYS}?.textContent && !document.querySelector('[aria-busy=true]')")
    before = fox.run(f"return {SAYS}.textContent")
    fox.run(f"{NEXT}.click()")
    fox.wait(f"{SAYS}.textContent !== {json.dumps(before)}")
    assert f"#{name}&" in fox.run("return location.href")
    assert [one for one in fox.errors() if f"live/{name}" in one or "_static/live" in one] == []
