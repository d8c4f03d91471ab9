"""Damage good files and see that each parser stands it: ``python tests/campaign/fuzz.py``.

`tests/parsers.py` lists the parsers of bytes from outside. Each example has a number, from which it
can be made again; each batch runs in a process of its own, so that a crash, memory or time without
bound are seen, too. What was reached is kept by date in ``results/``; an earlier count of the same
day goes on where it was.
"""

import argparse
import datetime
import json
import multiprocessing
import platform
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
import zlib
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from parsers import REFUSED, parsers

RESULTS = Path(__file__).with_name("results")
BATCH = 1000
LONGEST = 10  # CPU seconds that an example may take
MOST_MB = 500  # by which a batch may raise the memory of its process


def main(arguments=None):
    """Go round all parsers until the time is up; return how many examples failed."""
    options = _options().parse_args(arguments)
    until = time.monotonic() + 60 * options.minutes
    path = RESULTS / f"fuzz-{datetime.date.today()}.json"
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as shm:
        known = parsers(Path(shm))
        counts = _kept(path, options.only or known)
        while time.monotonic() < until:
            for name in options.only or known:
                result = counts[name]
                first = options.number if options.number is not None else result["examples"]
                found = _in_a_process(known[name], name, first, 1 if options.number else BATCH)
                if options.number is not None:
                    print(*found["failures"], sep="\n")
                    return len(found["failures"])
                _add(result, found)
                RESULTS.mkdir(exist_ok=True)
                path.write_text(json.dumps(_whole(counts), indent=1) + "\n")
    print(json.dumps(_whole(counts), indent=1))
    return sum(len(result["failures"]) for result in counts.values())


def _options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--only", nargs="+", metavar="PARSER")
    parser.add_argument("--number", type=int, help="try one example of --only again, and say all")
    return parser


def _kept(path, names):
    new = {"examples": 0, "refused": 0, "cpu_seconds": 0.0, "peak_mb": 0, "failures": []}
    before = json.loads(path.read_text())["parsers"] if path.exists() else {}
    return before | {name: before.get(name, {**new, "failures": []}) for name in names}


def _add(result, found):
    for key in ("examples", "refused", "cpu_seconds", "failures"):
        result[key] += found[key]
    result["cpu_seconds"] = round(result["cpu_seconds"], 1)
    result["peak_mb"] = max(result["peak_mb"], found["peak_mb"])


def _whole(counts):
    return {
        "date": str(datetime.date.today()),
        "python": platform.python_version(),
        "examples": sum(result["examples"] for result in counts.values()),
        "failures": sum(len(result["failures"]) for result in counts.values()),
        "parsers": counts,
    }


def _in_a_process(parser, name, first, count):
    """Try a batch in a fork of this process; report what it says, or how it died."""
    ours, theirs = multiprocessing.get_context("fork").Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(
        target=lambda: theirs.send(try_batch(parser, name, first, count))
    )
    child.start()
    theirs.close()
    try:
        found = ours.recv()
    except EOFError:
        child.join()
        failure = f"{name} {first} to {first + count}: the process ended with {child.exitcode}"
        return {"examples": 0, "refused": 0, "cpu_seconds": 0, "peak_mb": 0, "failures": [failure]}
    child.join()
    return found


def try_batch(parser, name, first, count):
    """Give a parser so many examples; return what was refused, and what it did not stand."""
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGPROF, _too_long)
    before, started = _peak_mb(), time.process_time()
    refused, failures = 0, []
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as shm:
        path = Path(shm, "damaged")
        for number in range(first, first + count):
            rng = np.random.default_rng([zlib.crc32(name.encode()), number])
            signal.setitimer(signal.ITIMER_PROF, LONGEST)
            try:
                parser.read(parser.example(rng, path))
            except REFUSED:
                refused += 1
            except BaseException as error:
                place = traceback.extract_tb(error.__traceback__)[-1]
                failures.append(
                    f"{name} {number}: {type(error).__name__}: {str(error)[:200]} "
                    f"({Path(place.filename).name}:{place.lineno})"
                )
            signal.setitimer(signal.ITIMER_PROF, 0)
        left = [file.name for file in Path(shm).iterdir()]
    grown = round(_peak_mb() - before)
    if grown > MOST_MB:
        failures.append(f"{name} {first} to {first + count}: took {grown} MB")
    if len(left) > 1:
        failures.append(f"{name} {first} to {first + count}: left {left}")
    seconds = time.process_time() - started
    return {
        "examples": count, "refused": refused, "cpu_seconds": seconds, "peak_mb": grown,
        "failures": failures[:20],
    }  # fmt: skip


def _too_long(signum, frame):
    raise TimeoutError(f"took over {LONGEST} seconds")


def _peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    sys.exit(bool(main()))
