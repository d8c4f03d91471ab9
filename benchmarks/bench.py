"""How fast our NumPy trains, beside Keras and PyTorch (where installed), as ratios within one run.

All train the same networks on the same batches with the same optimizer and number of threads. They
take turns in one process, so that a busy machine slows all of them down, and medians over the turns
are compared. ``--keep`` writes what was measured for the book's appendix.

    python benchmarks/bench.py                    # one run: a minute for each number of threads
    python benchmarks/bench.py --runs 3 --keep    # what the book shows: five minutes, best alone
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
KEPT = HERE.parent / "nbhelpers/kept/bench.json"
ROUNDS = 5
BEFORE = "3857cee"  # the package before the last round of changes that were to make it faster


def main():
    """Measure in processes of their own, print, and keep."""
    options = read_options()
    runs = []
    for _ in range(options.runs):
        ways = chosen(runs[0]) if runs else {}
        runs.append({n: race(n, options.rounds, ways.get(n, {})) for n in options.threads})
    alone = worker("alone.py", 1)
    show_alone(alone)
    kept = {"date": datetime.date.today().isoformat(), "runs": runs, **alone}
    if options.keep:
        kept["before"] = profile_of(options.before)
        KEPT.write_text(json.dumps(kept, indent=1) + "\n")
        print(f"Kept in {KEPT.relative_to(HERE.parent)}")


def read_options():
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="turns of each library in a run")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="for each library")
    parser.add_argument("--keep", action="store_true", help=f"write {KEPT.name} for the book")
    parser.add_argument("--before", default=BEFORE, help="commit to profile beside this one")
    options = parser.parse_args()
    if min(options.runs, options.rounds, *options.threads) < 1:
        parser.error("expected --runs, --rounds and --threads of at least 1")
    return options


def race(threads, rounds, ways):
    """Race the libraries with this many threads, and print what was measured."""
    found = worker("race.py", threads, rounds, json.dumps(ways))
    show(threads, found)
    return found


def chosen(races):
    """Return which way of setting up each library was the fastest, so that it is found once."""
    return {
        threads: {
            name: {library: one["way"] for library, one in times["libraries"].items()}
            for name, times in found["networks"].items()
        }
        for threads, found in races.items()
    }


def profile_of(commit):
    """Return the profile of the package as it was in a commit."""
    with tempfile.TemporaryDirectory() as folder:
        archive = ["git", "-C", str(HERE.parent), "archive", commit, "nbhelpers"]
        packed = subprocess.run(archive, stdout=subprocess.PIPE, check=True)
        subprocess.run(["tar", "-x", "-C", folder], input=packed.stdout, check=True)
        return worker("alone.py", 1, package=folder)["profile"]


def worker(script, threads, *arguments, package=HERE.parent):
    """Run a script in a process with this many threads, and return the JSON that it prints."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    settings = {name: str(threads) for name in names}
    settings |= {"PYTHONPATH": str(package), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, str(HERE / script), *map(str, arguments)]
    done = subprocess.run(command, env=os.environ | settings, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{script} failed with {done.returncode}; what it said stands above.")
    return json.loads(done.stdout.splitlines()[-1])


def show(threads, found):
    """Print one line a network and library."""
    peak = f"{found['peak'] / 1e9:.0f} GFLOP/s"
    print(f"\n{threads} thread(s); the peak is that of a large matrix product, {peak}")
    for name, times in found["networks"].items():
        print(f"{name} ({times['images']:,} images a turn)")
        for library, one in times["libraries"].items():
            print(f"  {line(library, one, times['images'])}")
    sys.stdout.flush()


def show_alone(alone):
    """Print memory over epochs, and the plain loops' time."""
    memory, loops = alone["memory"], alone["loops"]
    first, last = memory["after 2 epochs"] / 2**20, memory["after the last"] / 2**20
    print(f"\nLeNet-5, ours alone: {first:.0f} MiB after 2 epochs, {last:.0f} MiB after", end=" ")
    print(
        f"{memory['epochs']}; {loops['seconds'] / loops['ours']:,.0f} times as fast as plain loops"
    )


def line(library, one, images):
    """Return what was measured of one library as a line."""
    text = f"{library:<8} {one['median'] / images * 60_000:7.2f} s per 60,000 images, "
    text += f"{one['share']:4.0%} of the peak"
    if "ratio" in one:
        low, high = one["range"]
        text += f"; ours / {library}: {one['ratio']:.2f} ({low:.2f} to {high:.2f}), {one['way']}"
    return text


if __name__ == "__main__":
    main()
