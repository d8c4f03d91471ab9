"""Compare two builds: ``python tests/campaign/same.py one/_build other/_build [--profile quick]``.

Runs of the same key have to give the same results and outputs, and pages made from the same sources
the same bytes, whatever the order of chapters, the number of threads, and whether kernels were
forked. Times may differ, and nothing else. What differs is said by name, and by how much.
"""

import argparse
import base64
import io
import json
import re
import sys
from difflib import unified_diff
from pathlib import Path

import nbformat
import numpy as np
from PIL import Image

TIMES = {"seconds", "epoch_seconds", "date"}  # in results
TIME = re.compile(r"\d[\d,]*(?:\.\d+)?(?=[\s\u00a0]*(?:s|ms|µs|seconds?|minutes?|min)\b)")
DRAWN = re.compile(r"\b(?:0x[0-9a-f]{6,}|T_[0-9a-f]{5}(?![0-9a-f]))")
SHOWN = 6  # lines of a difference


def main(arguments=None):
    """Print what differs, by name; return how much does."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--profile", default="quick")
    options = parser.parse_args(arguments)
    runs = list(common_runs(options.one, options.other, options.profile))
    different = [line for name, *pair in runs for line in compare_runs(name, *pair)]
    print(f"{len(runs)} runs of the same key compared.")
    folder = "html" if options.profile == "full" else f"{options.profile}/html"
    pages = [build / folder for build in (options.one, options.other)]
    if all(map(Path.exists, pages)):
        lines, count = compare_pages(*pages)
        different += lines
        print(f"{count} files of pages compared.")
    print(*(different or ["All of it is the same, but for times."]), sep="\n")
    return len(different)


def common_runs(one, other, profile):
    """Yield each chapter that both builds have run with the same key, and its two folders."""
    runs = one / "runs" / profile
    for facts in sorted(runs.rglob("run.json")):
        twin = other / "runs" / profile / facts.parent.relative_to(runs)
        if (twin / "run.json").exists():
            yield facts.parent.parent.relative_to(runs).as_posix(), facts.parent, twin


def compare_runs(name, one, other):
    """Yield what differs in the results, and in the outputs of the notebooks."""
    files = [{file.name: file for file in (run / "results").iterdir()} for run in (one, other)]
    for file in sorted(files[0].keys() | files[1].keys()):
        if not all(file in side for side in files):
            yield f"{name}: {file} is in one build alone"
        elif file.endswith(".json"):
            contents = [json.loads(side[file].read_text("utf-8")) for side in files]
            yield from (f"{name}: {file}{line}" for line in differences(*contents))
        elif files[0][file].read_bytes() != files[1][file].read_bytes():
            yield f"{name}: {file} differs"
    notebooks = [nbformat.read(run / "notebook.ipynb", as_version=4) for run in (one, other)]
    cells = [[cell for cell in one.cells if cell.cell_type == "code"] for one in notebooks]
    for number, pair in enumerate(zip(*cells, strict=True), 1):
        first, second = map(outputs, pair)
        if first != second:
            yield f"{name}: code cell {number} differs:\n{shown(first, second)}"


def differences(one, other, place=""):
    """Yield the places at which two JSON contents differ, but for times, and by how much."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted((one.keys() | other.keys()) - TIMES):
            yield from differences(one.get(key), other.get(key), f"{place}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, pair in enumerate(zip(one, other, strict=True)):
            yield from differences(*pair, f"{place}[{number}]")
    elif isinstance(one, str) and isinstance(other, str):
        if without_times(one) != without_times(other):
            yield f"{place}: {one!r} and {other!r}"
    elif one != other:
        numbers = all(isinstance(value, int | float) for value in (one, other))
        by = f", by {abs(one - other):.3g}" if numbers else ""
        yield f"{place}: {one!r} and {other!r}{by}"


def outputs(cell):
    """Return what a cell shows: kinds with texts without times, and with pictures as they are.

    A kernel sends what is printed in pieces as they come; on a page they are one.
    """
    found = []
    for output in cell.outputs:
        kind = output.get("name", output.output_type)
        if kind == "stdout" and found and found[-1][0] == kind:
            found[-1] = kind, found[-1][1] + without_times(output.text)
        elif kind != "stderr":  # what libraries say of the machine; pages leave it out
            found.append((kind, without_times(output.get("text", ""))))
        for kind, content in sorted(output.get("data", {}).items()):
            found.append((kind, without_times(content) if kind.startswith("text/") else content))
    return found


def without_times(text):
    """Return a text in which durations are the same, addresses of objects, and names of tables.

    pandas draws the name of a styled table at random; pages name them alike.
    """
    return DRAWN.sub("…", TIME.sub("…", text))


def shown(first, second):
    """Return how pictures differ, and the first lines of texts that do."""
    lines, sides = [], [[], []]
    for side, found in zip(sides, (first, second), strict=True):
        for kind, content in found:
            side += [f"{kind}: {line}" for line in str(content).splitlines() if "image" not in kind]
    pictures = [[one for kind, one in found if kind == "image/png"] for found in (first, second)]
    for pair in zip(*pictures, strict=False):
        lines += [apart(*pair)] if len(set(pair)) > 1 else []
    lines += [line for line in unified_diff(*sides, lineterm="", n=0) if line[:2] != "@@"][2:]
    return (
        "\n".join(f"    {line[:200]}" for line in lines[:SHOWN]) or "    the number of its outputs"
    )


def apart(one, other):
    """Return by how much two pictures, as notebooks hold them, differ."""
    one, other = (
        np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB"), int)
        for picture in (one, other)
    )
    if one.shape != other.shape:
        return f"a picture of {one.shape[:2]} pixels and one of {other.shape[:2]}"
    most = abs(one - other).max(-1)
    return f"a picture: {(most > 0).mean():.2%} of its pixels, by up to {most.max()} of 255 levels"


def compare_pages(one, other):
    """Return what differs in two folders of pages, and how many files they have."""
    files = [
        {path.relative_to(side).as_posix(): path for path in side.rglob("*") if path.is_file()}
        for side in (one, other)
    ]
    found = []
    for name in sorted(files[0].keys() | files[1].keys()):
        pair = [side.get(name) for side in files]
        if None in pair:
            found.append(f"{name}: in one build alone")
        elif len({content_of(path) for path in pair}) > 1:
            found.append(f"{name} differs")
    return found, len(files[0].keys() | files[1].keys())


def content_of(path):
    """Return a file's bytes, but for the times in a text."""
    content = path.read_bytes()
    if path.suffix in (".html", ".js", ".ipynb", ".json", ".txt"):
        return without_times(content.decode("utf-8", "replace"))
    return content


if __name__ == "__main__":
    sys.exit(bool(main()))
