"""What the living figures weigh and how fast they are: in Chromium, and in Firefox where it is.

    make book
    python benchmarks/living_figures.py

opens the own page of every figure in the built book, from disk, each in a browser with an empty
cache. First paint is when the browser first drew something; a step is one press of "Next", until
what it changes is drawn. Of both, medians are given. What runs beside it on the machine makes them
longer: the load is in the results. `--out` keeps them as JSON; the table is printed in any case.
"""

import argparse
import contextlib
import gzip
import json
import os
import platform
import statistics
import sys
import tempfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from nbhelpers.publish.desk import browser as desk

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests"))
import firefox  # noqa: E402  (tests drive Firefox by it, too)

READY = "document.querySelector('.live-says')?.textContent"
READY += " && !document.querySelector('[aria-busy=true]')"
# The body of a function. "Next", or how far it goes as well: "Next 10 epochs".
MEASURE = """
const busy = () => document.querySelector('[aria-busy=true]');
const frame = () => new Promise((done) => requestAnimationFrame(done));
const next = [...document.querySelectorAll('button')]
  .find((one) => one.textContent.startsWith('Next'));
return (async () => {
  const steps = [];
  for (let i = 0; i < 7; i++) {
    const start = performance.now();
    next.click();
    while (busy()) await frame();
    steps.push(performance.now() - start);
    await frame();
  }
  const [paint] = performance.getEntriesByName('first-contentful-paint');
  return { paint: paint?.startTime ?? null, steps };
})();
"""


def main():
    """Measure, print a table, and keep the numbers where asked to."""
    options = read_options()
    figures = tomllib.loads((ROOT / "book/live/figures.toml").read_text("utf-8"))
    scripts = options.site / "_static" / "live"
    found = {name: weigh(scripts, about) for name, about in figures.items()}
    load = [os.getloadavg()[0]]
    browsers = [one for one in options.browsers if one != "Firefox" or firefox.installed()]
    for browser in browsers:
        with BROWSERS[browser]() as look:
            for name in figures:
                page = (options.site / "live" / f"{name}.html").as_uri()
                found[name][browser] = summed_up([look(page) for _ in range(options.visits)])
    load.append(os.getloadavg()[0])
    content = about_the_run(scripts, load) | {"figures": found}
    if options.out:
        options.out.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    print(table(content, browsers))


def read_options():
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    site = ROOT / "_build" / "html"
    parser.add_argument("site", type=Path, nargs="?", default=site, help="a built book")
    parser.add_argument("--browsers", nargs="+", choices=BROWSERS, default=list(BROWSERS))
    parser.add_argument("--visits", type=int, default=3, help="of each page")
    parser.add_argument("--out", type=Path, help="a file for the numbers, as JSON")
    options = parser.parse_args()
    options.site = options.site.resolve()
    if not (options.site / "live").is_dir():
        parser.error(f"{options.site} has no folder live; expected a built book: run `make book`.")
    if options.visits < 1:
        parser.error(f"--visits is {options.visits}; expected at least 1.")
    return options


def about_the_run(scripts, load):
    """Return when and where it was, the machine's load before and after, and what pages share."""
    machine = {"cpus": os.cpu_count(), "processor": platform.processor() or platform.machine()}
    machine["load"] = [round(one, 1) for one in load]
    base = sum(zipped(scripts / f"{name}.js") for name in ("address", "base", "controls"))
    about = {"date": datetime.now(UTC).date().isoformat(), "machine": machine}
    return about | {"base": base, "style": zipped(scripts / "live.css")}


def zipped(path):
    """Return how many bytes a server sends of a file."""
    return len(gzip.compress(path.read_bytes()))


def weigh(scripts, about):
    """Return the bytes of a figure's scripts and data, gzipped."""
    data = [scripts / "data" / f"{name}.js" for name in about.get("data", [])]
    own = [scripts / name for name in about["scripts"]]
    return {"script": sum(map(zipped, own)), "data": sum(map(zipped, data))}


@contextlib.contextmanager
def chromium():
    """Give a function that measures a page in Chromium."""
    with desk.browser() as browser:

        def look(page):
            with contextlib.closing(browser.new_context()) as context:
                tab = context.new_page()
                tab.goto(page)
                tab.wait_for_function(READY)
                return tab.evaluate(f"() => {{ {MEASURE} }}")

        yield look


@contextlib.contextmanager
def installed_firefox():
    """Give a function that measures a page in Firefox."""
    with tempfile.TemporaryDirectory() as profile, firefox.opened(Path(profile)) as fox:

        def look(page):
            fox.go("about:blank")  # else an address that is open already is not loaded again
            fox.go(page)
            fox.wait(READY)
            return fox.run(MEASURE)

        yield look


BROWSERS = {"Chromium": chromium, "Firefox": installed_firefox}


def summed_up(visits):
    """Return the medians of some visits, in milliseconds."""
    paints = [visit["paint"] for visit in visits if visit["paint"] is not None]
    steps = [step for visit in visits for step in visit["steps"]]
    return {
        "first paint": round(statistics.median(paints)) if paints else None,
        "a step": round(statistics.median(steps), 1),
    }


def table(content, browsers):
    """Return the numbers in Markdown."""
    measured = [(browser, what) for browser in browsers for what in ("first paint", "a step")]
    parts = [f"{browser}, {what} (ms)" for browser, what in measured]
    head = ["figure", "script (kB gzipped)", "data (kB gzipped)", *parts]
    rows = [head, ["---", *["---:"] * (len(head) - 1)]]
    for name, about in content["figures"].items():
        times = [about[browser][what] for browser, what in measured]
        sizes = [f"{about[what] / 1000:.1f}" for what in ("script", "data")]
        rows.append([name, *sizes, *("" if time is None else str(time) for time in times)])
    machine = content["machine"]
    shared = f"{content['base'] / 1000:.1f} kB, style {content['style'] / 1000:.1f} kB"
    where = f"{machine['cpus']} CPUs, load {' to '.join(map(str, machine['load']))}"
    said = f"{content['date']}; {where}. All pages share a base of {shared}."
    return "\n".join([*(f"| {' | '.join(row)} |" for row in rows), "", said])


if __name__ == "__main__":
    main()
