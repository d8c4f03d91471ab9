"""How fast our NumPy trains, beside Keras and PyTorch (where installed), as ratios within one run.

All train the same networks on the same batches with the same optimizer and number of threads. They
take turns in one process, so that a busy machine slows all of them down, and medians over the turns
are compared. ``--keep`` writes what was measured for the book's appendix.

    python benchmarks/bench.py                    # one run: a minute a number of threads
    python benchmarks/bench.py --runs 3 --keep    # what the book shows
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
KEPT = HERE.parent / "nbhelpers/kept/bench.json"
ROUNDS = 7


def main():
    """Measure in processes of their own, print, and keep."""
    options = read_options()
    runs = []
    for _ in range(options.runs):
        races = {str(n): worker("race.py", n, options.rounds) for n in options.threads}
        runs.append(races)
        show(races)
    alone = worker("alone.py", 1)
    print(json.dumps(alone["memory"]))
    kept = {
        "date": datetime.date.today().isoformat(),
        "processor": alone["processor"],
        "versions": alone["versions"],
        "runs": runs,
        "memory": alone["memory"],
        "profile": alone["profile"],
    }
    if options.before:
        kept["before"] = worker("alone.py", 1, package=options.before)["profile"]
    if options.keep:
        KEPT.write_text(json.dumps(kept, indent=1) + "\n")
        print(f"Kept in {KEPT.relative_to(HERE.parent)}")


def read_options():
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="turns of each library in a run")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="for each library")
    parser.add_argument("--keep", action="store_true", help=f"write {KEPT.name} for the book")
    parser.add_argument("--before", help="folder of an older nbhelpers to profile beside this one")
    options = parser.parse_args()
    if min(options.runs, options.rounds, *options.threads) < 1:
        parser.error("expected --runs, --rounds and --threads of at least 1")
    return options


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


def show(races):
    """Print one line a network and library."""
    for threads, race in races.items():
        print(
            f"\n{threads} thread(s); a product of large matrices: {race['peak'] / 1e9:.0f} GFLOP/s"
        )
        for name, times in race["networks"].items():
            print(f"{name} ({times['images']:,} images a turn)")
            for library, one in times["libraries"].items():
                print(f"  {line(library, one, times['images'])}")


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
