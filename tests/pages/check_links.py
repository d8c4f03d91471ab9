"""Links to elsewhere, which a build without a network cannot check: `weekly.yml` runs this."""

import re

import pytest
import requests
from built import PAGES, parsed

# These refuse programs, whether the page exists or not.
REFUSED = {401, 403, 405, 429}
LINKS = sorted(
    {
        link["href"].partition("#")[0]
        for page in PAGES
        for link in parsed(page).select("a[href]")
        if re.match("https?://", link["href"])
    }
)


@pytest.mark.parametrize("link", LINKS)
def test_link_leads_somewhere(link):
    with requests.get(link, timeout=30, stream=True) as answer:
        assert answer.ok or answer.status_code in REFUSED, f"{link}: {answer.status_code}"
