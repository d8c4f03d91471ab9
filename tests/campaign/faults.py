"""Faults tried on whole builds, and what became of the book: ``python tests/campaign/faults.py``.

A toy book (`toy_book`) is built by the real builder, in real processes. Each fault meets a build of
a new edition. Then three things are asked: do readers see a whole book, of one edition? Does the
next build succeed? Is its book, byte by byte, the one that an undisturbed build makes? The answers
are kept by date in ``results/``, and the last ones for the book in ``nbhelpers/kept/``. It takes
many minutes; faults named as arguments are tried alone, and what is kept of the others stays.
"""

import argparse
import contextlib
import datetime
import http.server
import json
import os
import platform
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from functools import partial
from importlib.metadata import version
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

import tiny_datasets
from toy_book import ToyBook, chapter, descendants, gone, outputs, wait_for

RESULTS = Path(__file__).with_name("results")
KEPT = Path(__file__).parents[2] / "nbhelpers/kept/campaign.json"
HELD = "as it should be"
CHECKED = (
    "After each fault readers see a whole book of one edition, the old or the new one.",
    "The next build succeeds; of builds that are killed in a row, the fifth.",
    "Its book is, byte by byte, that of an undisturbed build.",
    "No half copy of a book is left behind.",
)
BUILD = ("build", "--profile", "quick")
EDITION = re.compile(rb"edition-\d{4}")
KEY = re.compile(r"[0-9a-f]{16}")  # in the names of stamps, which no reader sees
# They come after the pages, with a digest of them: a build killed in between makes the same again.
STAMPS = (".made-from-", ".assembled-")
IN_A_ROW = 4  # kills, before a build may end
PATIENCE = 1800  # seconds, on a machine that does much else
STAGES = ("execute", "validate", "assemble", "html")
SLEEP = 'import time\n_ = [time.sleep(0.1) for _ in range(10)]\nprint("edition-0000")'
DATA = 'import nbhelpers.datasets as d\nprint(d.load_mnist().source.kind, "edition-0000")'
# What a set clock shows to Python. (faketime cannot be used: what waits for a time under it, as
# Python 3.11 does, waits for ever.)
CLOCK = """
import os, time

if shift := 86_400 * int(os.environ.get("TOY_CLOCK", 0)):
    time.time = lambda now=time.time: now() + shift
    time.time_ns = lambda now=time.time_ns: now() + shift * 10**9
"""
# In every process that may look for data: MNIST is a tiny set, and its mirror is ours.
MIRROR = """
import os

loads = {"nbhelpers.datasets", "ipykernel_launcher"} & set(sys.orig_argv)
if loads and os.environ.get("TOY_MIRROR"):
    sys.path.append(TESTS)
    from dataclasses import replace
    import numpy
    import tiny_datasets
    from nbhelpers.datasets import _mnist

    tiny, size = tiny_datasets.specs()["mnist"], tiny_datasets.SIZES["mnist"]
    _mnist.SPEC = replace(
        tiny,
        mirrors=(os.environ["TOY_MIRROR"],),
        files=dict.fromkeys(tiny.files),
        embedded=lambda: tuple(0 * part for part in tiny_datasets._mnist_parts(size).values()),
        embedded_version=lambda: "1",
    )
"""


class Skipped(Exception):
    """A fault cannot be made on this machine; the message says why."""


class Missed(Exception):
    """A build had ended before it was to be killed."""


class Trial:
    """A book, its editions, and what is seen of them.

    Parameters
    ----------
    root : Path
        A folder that does not exist yet.
    cell : str
        The chapter's last cell.
    **environment : str or None
        For all builds.
    """

    def __init__(self, root, cell=SLEEP, **environment):
        root.mkdir()
        self.book = ToyBook(root, one=chapter("One", "{quick: {n: 3}}", cell))
        site = self.book.root / "site/sitecustomize.py"
        tests = repr(str(Path(__file__).parents[1]))
        site.write_text(site.read_text("utf-8") + CLOCK + MIRROR.replace("TESTS", tests), "utf-8")
        self.environment = environment
        self.edition = 0
        (root / "book/index.md").write_text("# edition-0000\n", "utf-8")
        self.seconds = self.good_build()
        self.expected, _ = self.look()

    @property
    def html(self):
        build = Path(self.environment.get("NBHELPERS_BUILD") or self.book.root) / "_build"
        return build / "quick/html"

    def start(self, **how):
        return self.book.start(*BUILD, **(self.environment | how))

    def new_edition(self):
        """Change what is executed and what is only read."""
        old, self.edition = f"edition-{self.edition:04}", self.edition + 1
        self.book.edit("one", old, f"edition-{self.edition:04}")
        (self.book.root / "book/index.md").write_text(f"# edition-{self.edition:04}\n", "utf-8")

    def good_build(self):
        """Build, which must succeed; return how long it took."""
        start = time.monotonic()
        process = self.start()
        said, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, said[-2000:]
        return time.monotonic() - start

    def look(self):
        """Return what readers can open, without the editions' numbers, and these numbers."""
        folder = self.html.resolve()
        files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
        shown = {name: path for name, path in files.items() if not name.startswith(STAMPS)}
        read = {name: path.read_bytes() for name, path in shown.items() if path.is_file()}
        editions = {int(found[-4:]) for text in read.values() for found in EDITION.findall(text)}
        return {KEY.sub("", name): EDITION.sub(b"", text) for name, text in read.items()}, editions

    def check_seen(self):
        """Look at the book after a fault."""
        seen, editions = self.look()
        wrong = different(seen, self.expected)
        assert not wrong, f"readers see half a book, or a wrong one: {wrong}"
        assert len(editions) == 1, f"readers see editions {editions}"
        assert editions <= {self.edition - 1, self.edition}, "readers see an old book"
        return "old edition" if self.edition not in editions else "new edition"

    def check(self):
        """Look at the book after a fault, then at the next build's."""
        word = self.check_seen()
        self.good_build()
        seen, editions = self.look()
        wrong = different(seen, self.expected)
        assert not wrong, f"the next build makes a wrong book: {wrong}"
        assert editions == {self.edition}, f"the next build makes editions {editions}"
        left = list(self.html.parent.glob("html-*"))
        assert len(left) == 1, f"copies are left behind: {left}"
        return word


def different(files, others):
    """Return the names of the first files that are not the same in both."""
    names = sorted(files.keys() | others.keys())
    return [name for name in names if files.get(name) != others.get(name)][:5]


def last_word(said):
    """Return the last line of what a build said that tells something."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return re.sub(r"/\S*/", "…/", lines[-1])[:90] if lines else "nothing"


def killed(trial, part, whole):
    """Kill a build: with all that it started, as a machine without power does, or it alone."""
    moment = part * trial.seconds
    process = trial.start()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=moment)
        raise Missed
    children = descendants(process)
    process.kill()
    for child in children if whole else []:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    said, _ = process.communicate()
    wait_for(lambda: gone(children), PATIENCE)  # the others end by themselves
    return f"after {moment:.1f} of about {trial.seconds:.0f} s: {last_word(said)}"


def kills(folder, n_kills, seed):
    trial = Trial(folder / "kills")
    rng = random.Random(seed)
    for number in range(n_kills):
        whole = number % 2 == 0
        how = "SIGKILL to all processes" if whole else "SIGKILL to the builder alone"
        if trial.look()[1] == {trial.edition}:
            trial.new_edition()
        # The next build is most often killed as well, on top of what this one leaves.
        looked_at = trial if number % IN_A_ROW == IN_A_ROW - 1 else Unbuilt(trial)
        yield how, partial(killed, trial, rng.random(), whole), looked_at


class Unbuilt:
    """A trial whose book, after a fault, is only looked at: the next build meets a fault, too."""

    def __init__(self, trial):
        self.check = trial.check_seen


def skip(why):
    raise Skipped(why)


def needs_root():
    if os.geteuid() or sys.platform != "linux":
        raise Skipped("only root can mount a file system, and on Linux")


def run(*command):
    subprocess.run([*map(str, command)], check=True)


@contextlib.contextmanager
def mounted(folder, *options):
    run("mount", *options, folder)
    try:
        yield
    finally:
        run("umount", folder)


def filled(trial, disk, stage, left):
    """Build on a disk that becomes full, but for some bytes, as a stage begins."""
    pause, reached = (trial.book.root / f"{what}-start-{stage}" for what in ("pause", "reached"))
    reached.unlink(missing_ok=True)
    pause.touch()
    process = trial.start()
    wait_for(reached.exists, PATIENCE)
    ballast = disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        file.write(bytes(shutil.disk_usage(disk).free - left))
        while file.write(bytes(4096)) and not left:
            pass
    pause.unlink()
    said, _ = process.communicate(timeout=PATIENCE)
    ballast.unlink()
    assert process.returncode or left, "it says that all is well"
    return last_word(said)


def full_disk(folder):
    needs_root()
    disk = folder / "disk"
    disk.mkdir()
    with mounted(disk, "-t", "tmpfs", "-o", "size=24m", "tmpfs"):
        trial = Trial(folder / "full", NBHELPERS_BUILD=str(disk))
        for stage in STAGES:
            for left in (0, 20_000):
                trial.new_edition()
                name = f"disk full but for {left:,} bytes as `{stage}` begins"
                yield name, partial(filled, trial, disk, stage, left), trial


def built_read_only(trial, locked):
    with mounted(locked, "--bind", locked):
        run("mount", "-o", "remount,bind,ro", locked)
        process = trial.start()
        said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode, "it says that all is well"
    return last_word(said)


def read_only(folder):
    needs_root()
    trial = Trial(folder / "locked")
    for name in ("_build", "_build/runs", "_build/quick"):
        trial.new_edition()
        locked = trial.book.root / name
        yield f"{name} is read-only", partial(built_read_only, trial, locked), trial
    with mounted(trial.book.root, "--bind", trial.book.root):
        trial.environment["NBHELPERS_BUILD"] = str(folder / "elsewhere")
        trial.good_build()
        trial.new_edition()
        run("mount", "-o", "remount,bind,ro", trial.book.root)
        assert not os.access(trial.book.root, os.W_OK), "it can be written to"
        yield "the checkout is read-only, NBHELPERS_BUILD is not", partial(built, trial), trial


def built(trial, **how):
    """Build in a way that must succeed."""
    process = trial.start(**how)
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said[-2000:]
    return last_word(said)


def built_twice(trial):
    processes = [trial.start(), trial.start()]
    said = [process.communicate(timeout=PATIENCE)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert any("Another build is at work" in one for one in said), "they did not meet"
    return " / ".join(map(last_word, said))


def two_builds(folder):
    trial = Trial(folder / "two")
    trial.new_edition()
    yield "two builds at once", partial(built_twice, trial), trial


def built_then(trial, days):
    """Build by a clock that is set by some days; what is there afterwards is of that time."""
    said = built(trial, TOY_CLOCK=str(days))
    for path in [*trial.book.root.rglob("*")]:
        if path.is_file() and not path.is_symlink():
            seconds = path.stat().st_mtime + 86_400 * days
            os.utime(path, (seconds, seconds))
    return said


def clock(folder):
    trial = Trial(folder / "clock")
    for days, how in {400: "forward, then back", -400: "back, then forward"}.items():
        trial.new_edition()
        yield f"the clock is set {how}", partial(built_then, trial, days), trial


def environment(folder):
    trial = Trial(folder / "settings")
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    stranger = ["setpriv", "--reuid", "54321", "--clear-groups"]
    cases = {
        "no HOME": {"HOME": None},
        "a HOME that does not exist": {"HOME": "/nowhere"},
        "LC_ALL=C": {"LC_ALL": "C"},
        "LC_ALL=C and Python without its UTF-8 mode": plain,
    }
    for name, how in cases.items():
        trial.new_edition()
        yield name, partial(built, trial, **how), trial
    name = "no HOME, and a user without a name"
    again = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', '']))"
    if os.geteuid() or subprocess.run([*stranger, sys.executable, "-c", again]).returncode:
        yield (
            name,
            partial(skip, "only root can be somebody else, if anybody may run Python"),
            trial,
        )
    else:
        trial.new_edition()
        run("chmod", "-R", "a+rwX", folder)
        nobody = partial(built, trial, before=stranger, HOME=None)
        yield name, nobody, trial
        run("chmod", "-R", "a+rwX", folder)


# What the network does, and the data that the page is made of then: what is slow is waited for, but
# not for ever.
NETWORK = {
    "answers with a web page": "embedded",
    "goes away": "embedded",
    "is slow": "cache",
    "trickles": "embedded",
}


class Mirror(http.server.BaseHTTPRequestHandler):
    """Serves the tiny set's files, well or badly."""

    def do_GET(self):
        data = (self.server.folder / self.path[1:]).read_bytes()
        fault, promised = self.server.fault, len(data)
        if fault == "answers with a web page":
            data = b"<!DOCTYPE html><html><body>Sign in to the network</body></html>"
            promised = len(data)
        self.send_response(200)
        self.send_header("Content-Length", str(promised))
        self.end_headers()
        pieces = [data[: len(data) // 2]] if fault == "goes away" else [data]
        if size := {"is slow": 4_000, "trickles": 1}.get(fault):
            pieces = [data[k : k + size] for k in range(0, len(data), size)]
        with contextlib.suppress(OSError):  # the other side may have had enough
            for piece in pieces:
                self.wfile.write(piece)
                time.sleep(0.5 if len(pieces) > 1 else 0)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def mirror(folder):
    tiny_datasets.mnist_idx(folder, tiny_datasets.SIZES["mnist"])
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        server.folder, server.fault, server.daemon_threads = folder, "", True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def built_by(trial, server, fault, kind):
    """Build while the network has a fault, without a cache: a good book of this kind of data."""
    shutil.rmtree(trial.environment["XDG_CACHE_HOME"], ignore_errors=True)
    server.fault = fault
    said = built(trial)
    server.fault = ""
    shown = outputs(trial.book.page("one"))[-1].split()[0]
    assert shown == kind, f"the page is made of {shown} data"
    return said


def network(folder):
    with mirror(folder / "files") as server:
        address = f"http://127.0.0.1:{server.server_port}/"
        cache = str(folder / "cache")
        trial = Trial(folder / "net", DATA, TOY_MIRROR=address, XDG_CACHE_HOME=cache,
                      NBHELPERS_OFFLINE=None, NBHELPERS_DATA=None)  # fmt: skip
        for fault, kind in NETWORK.items():
            trial.new_edition()
            cause = partial(built_by, trial, server, fault, kind)
            yield f"the network {fault}", cause, trial if kind == "cache" else Embedded(trial)


class Embedded:
    """A trial whose book, after a fault, shows other data, whole; the next one the real ones."""

    def __init__(self, trial):
        self.trial = trial

    def check(self):
        seen, editions = self.trial.look()
        assert seen.keys() == self.trial.expected.keys(), "readers see half a book"
        assert editions == {self.trial.edition}, "readers see a mixed book"
        self.trial.good_build()
        seen = self.trial.look()
        assert seen == (self.trial.expected, {self.trial.edition}), "the data are not real again"
        return "new edition, of embedded data"


FAULTS = {
    "kills": kills,
    "disk": full_disk,
    "read-only": read_only,
    "two": two_builds,
    "clock": clock,
    "environment": environment,
    "network": network,
}


def trials(name, folder, options):
    """Yield what came of each fault of a kind: what the build said, what readers saw, the end."""
    more = (options.kills, options.seed) if name == "kills" else ()
    try:
        for fault, cause, trial in FAULTS[name](folder, *more):
            said = seen = ""
            try:
                said = cause()
                seen = trial.check()
                end = HELD
            except Missed:
                continue
            except Skipped as why:
                end = f"not tried: {why}"
            except (AssertionError, subprocess.TimeoutExpired) as error:
                end = f"**{last_word(str(error))}**"
            yield {"fault": fault, "said": said, "seen": seen, "end": end}
    except Skipped as why:
        yield {"fault": name, "said": "", "seen": "", "end": f"not tried: {why}"}
    except AssertionError as error:  # a book that could not be built before any fault
        yield {"fault": name, "said": "", "seen": "", "end": f"**{last_word(str(error))}**"}


def keep(kind, tries, kept=KEPT, results=RESULTS):
    """Put what came of one kind of faults in the place of what was kept of it.

    Parameters
    ----------
    kind : str
    tries : list of dict
        As `trials` yields them.
    kept, results : Path
        The file for the book, and the folder of the pages by date.
    """
    today = str(datetime.date.today())
    before = json.loads(kept.read_text("utf-8"))["tries"] if kept.exists() else []
    now = [{"date": today, "kind": kind} | one for one in tries]
    whole = [one for one in before if one["kind"] != kind] + now
    content = {
        "date": max(one["date"] for one in whole),
        "versions": {"python": platform.python_version(), "snakemake": version("snakemake")},
        "checked": CHECKED,
        "faults": summed(whole),
        "tries": whole,
    }
    kept.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    results.mkdir(exist_ok=True)
    page = results / f"{today}.md"
    page.write_text(table([one for one in whole if one["date"] == today]), "utf-8")


def summed(tries):
    """Return, for each fault, how often it was tried, how often the book held, what was seen."""
    faults = {}
    for one in tries:
        faults.setdefault((one["kind"], one["fault"]), []).append(one)
    return [
        {
            "kind": kind,
            "fault": fault,
            "times": sum(not one["end"].startswith("not tried") for one in of_it),
            "held": sum(one["end"] == HELD for one in of_it),
            "note": "; ".join(_seen(of_it)),
        }
        for (kind, fault), of_it in faults.items()
    ]


def _seen(tries):
    """Yield what readers saw, and each end that is not as it should be."""
    seen = Counter(one["seen"] for one in tries if one["seen"])
    for edition, times in seen.items():
        yield f"readers saw the {edition}" + (f", {times} times" if times > 1 else "")
    yield from {one["end"].strip("*"): None for one in tries if one["end"] != HELD}


def table(tries):
    """Return what came of the faults as a page of Markdown."""
    wrong = sum(one["end"].startswith("**") for one in tries)
    n_tried = sum(not one["end"].startswith("not tried") for one in tries)
    rows = [
        [one[what].replace("|", "\\|") for what in ("fault", "said", "seen", "end")]
        for one in tries
    ]
    lines = [
        f"# Faults tried on {datetime.date.today()}",
        "",
        f"{n_tried} faults, {wrong} with a wrong end. Python {platform.python_version()}, "
        f"{platform.system()}, {os.cpu_count()} CPUs. Written by the scripts in `tests/campaign`.",
        "",
        *CHECKED,
        "",
        "| Fault | What the build said last | What readers saw then | The next build |",
        "|---|---|---|---|",
        *("| " + " | ".join(row) + " |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


def main():
    """Try the faults; keep what came of it after each, so that an end before time loses nothing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("faults", nargs="*", help=f"of {', '.join(FAULTS)}; by default all")
    parser.add_argument(
        "--kills", type=int, default=40, help="builds to kill, unless they end first"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the moments of killing")
    options = parser.parse_args()
    wrong = False
    for name in options.faults or FAULTS:
        tries = []
        with tempfile.TemporaryDirectory(prefix="faults-") as folder:
            os.chmod(folder, 0o755)
            for one in trials(name, Path(folder), options):
                tries.append(one)
                wrong |= one["end"].startswith("**")
                print(*filter(None, one.values()), sep="; ", flush=True)
                keep(name, tries)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
