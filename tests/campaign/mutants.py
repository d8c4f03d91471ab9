"""Change the package in one place, see if a test notices: ``python tests/campaign/mutants.py``.

cosmic-ray knows what can be changed (``pip install cosmic-ray coverage``): numbers, comparisons,
operators, keywords, ... There are far more such mutants than anybody can wait for, so this judges a
random sample, the same for the same seed, in an order in which each module always has its share. A
first run of all tests writes down which test reaches which line; then each mutant meets only the
tests that reach its line. All of it happens in a copy of the checkout. Each mutant has a process of
its own, a fork of one that has imported the libraries, but nothing of ours.
"""

import argparse
import ast
import contextlib
import datetime
import hashlib
import importlib
import itertools
import json
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import coverage
import numpy as np
import pytest
from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

warnings.simplefilter("ignore", SyntaxWarning)  # what some mutants look like

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).with_name("results")
KEPT = ROOT / "_build/mutants"
# What tests the builder, pages and texts, or starts processes, where nobody sees what is reached.
OTHERS = [
    *("architecture", "bench", "campaign", "chapters", "class", "docstrings", "environment"),
    *("figures", "front", "glossary", "heads", "how_it_is_built", "lab", "living", "living_*"),
    *("lookaheads", "map", "moved", "publish_*", "quizzes", "reference", "same", "workflows"),
]
LIBRARIES = [  # that take long to import
    *("tensorflow", "keras", "hypothesis", "matplotlib.pyplot", "pandas", "scipy.stats"),
    *("sklearn.svm", "sympy"),
]
QUIETLY = ["-q", "-p", "no:cacheprovider"]
FAILED = "a test noticed: "
ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "MPLBACKEND": "agg",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # none is needed, and finding them takes long
}


@dataclass(frozen=True)
class Mutant:
    """One change that cosmic-ray can make: the operator's so many-th place in a file."""

    file: str
    operator: str
    occurrence: int
    line: int

    def code(self, source):
        """Return the changed text of the file."""
        return mutate_code(source, plugins.get_operator(self.operator)(), self.occurrence)

    def change(self, source):
        """Return the line that differs, before and after."""
        pairs = zip(source.splitlines(), self.code(source).splitlines(), strict=False)
        return next(([a.strip(), b.strip()] for a, b in pairs if a != b), [])


def main(arguments=None):
    """Judge mutants until the time is up, or so many are judged; return how many survived."""
    options = _options().parse_args(arguments)
    until = time.monotonic() + 60 * options.minutes
    path = options.results or RESULTS / f"mutants-{datetime.date.today()}.jsonl"
    path.touch()
    results = [json.loads(line) for line in path.read_text().splitlines()]
    judged = {_key(result) for result in results}
    KEPT.mkdir(parents=True, exist_ok=True)
    os.environ.update(ENVIRONMENT)
    for library in LIBRARIES:
        importlib.import_module(library)
    pytest.main(["--version"])  # so that its own plugins are there, too
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        fork = multiprocessing.get_context("fork")
        # Not a Pool: its processes are daemons, and some tests start processes.
        with ProcessPoolExecutor(options.jobs, fork, _start, [folder]) as pool:
            surveyed = list(pool.map(survey, test_files()))
            _say_branches(surveyed)
            order = itertools.islice(in_order(mutants(), options.seed), options.number)
            left = [mutant for mutant in order if _key(asdict(mutant)) not in judged]
            work = [pool.submit(judge, mutant, surveyed, until) for mutant in left]
            for result in filter(None, (done.result() for done in as_completed(work))):
                results.append(result)
                with path.open("a") as file:
                    file.write(json.dumps(result) + "\n")
                print(*result.values(), flush=True, file=sys.stderr)
    print(page(results, options.seed))
    return sum(result["end"] == "survived" for result in results)


def _key(mutant):
    return mutant["file"], mutant["operator"], mutant["occurrence"]


def page(results, seed):
    """Return what was found as Markdown; why a mutant survived is to be written into it."""
    sys.path[:0] = [str(ROOT)]
    from nbhelpers.comparing import wilson  # not before: forks import what is changed

    left = [result for result in results if result["end"] == "survived"]
    n, killed = len(results), len(results) - len(left)
    everything = sum(map(len, mutants().values()))
    return "\n".join(
        [
            f"# Mutants judged on {datetime.date.today()}",
            "",
            f"{n} of the {everything:,} mutants that cosmic-ray {version('cosmic-ray')} makes of "
            f"`nbhelpers` but `publish`, drawn at random by module (seed {seed}). Tests killed "
            f"{killed}, {100 * killed / n:.1f} %; Wilson's interval for all: "
            f"{wilson(killed, n).percent()}.",
            "",
            *_by_file(results),
            "",
            "| Survived | The line | as changed | Why |",
            "|---|---|---|---|",
            *(
                f"| `{one['file']}` {one['line']} | {' | '.join(map(_code, one['change']))} "
                f"| {one['by']} |"
                for one in sorted(left, key=lambda one: (one["file"], one["line"]))
            ),
        ]
    )


def _code(text):
    return f"`{text}`".replace("|", "\\|")


def _by_file(results):
    """Return a table: of each file the mutants, and how many branches tests reach."""
    reached = json.loads((KEPT / "branches.json").read_text())["files"]
    judged = Counter(result["file"] for result in results)
    killed = Counter(result["file"] for result in results if result["end"] == "killed")
    yield from ("| File | Killed | Statements reached | Branches reached |", "|---|---|---|---|")
    for file, found in reached.items():
        part = found["summary"]
        yield (
            f"| `{file}` | {killed[file]} of {judged[file]} "
            f"| {part['covered_lines']} of {part['num_statements']} "
            f"| {part['covered_branches']} of {part['num_branches']} |"
        )


def _options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--number", type=int, help="how many mutants of the order to judge")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--jobs", type=int, default=2, help="how many at once")
    parser.add_argument("--results", type=Path, help="where to go on; default: today's file")
    return parser


def package():
    """Return the files of the package without its builder."""
    files = sorted(ROOT.glob("nbhelpers/**/*.py"))
    return [path for path in files if "publish" not in path.relative_to(ROOT).parts]


def mutants():
    """Return all mutants of the package, by file."""
    found = {}
    operators = {name: plugins.get_operator(name) for name in plugins.operator_names()}
    operators = {name: kind() for name, kind in operators.items() if not kind.arguments()}
    for path in package():
        file = str(path.relative_to(ROOT))
        nodes = list(ast_nodes(get_ast(path.read_text())))
        found[file] = [
            Mutant(file, name, occurrence, place[0][0])
            for name, operator in operators.items()
            for occurrence, place in enumerate(
                place for node in nodes for place in operator.mutation_positions(node)
            )
        ]
    return found


def in_order(found, seed):
    """Return the mutants in an order whose every beginning has the same share of each file."""
    rng = np.random.default_rng(seed)
    placed = []
    for of_file in found.values():
        shuffled = rng.permutation(len(of_file))
        places = (np.arange(len(of_file)) + rng.random(len(of_file))) / max(len(of_file), 1)
        placed += [(place, of_file[index]) for place, index in zip(places, shuffled, strict=True)]
    return [mutant for _, mutant in sorted(placed, key=lambda pair: pair[0])]


def _start(folder):
    """Copy what git tracks or would track, and go there; each process has a copy of its own."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    tree = Path(folder, str(os.getpid()))
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file() and not name.startswith("notebooks/"):
            Path(tree, name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, Path(tree, name))
    os.chdir(tree)
    sys.path[:0] = [str(tree)]
    os.environ["PYTHONPATH"] = str(tree)


def test_files():
    """Return the files of tests that say something about the package, the largest first."""
    left_out = {file for other in OTHERS for file in ROOT.glob(f"tests/test_{other}.py")}
    files = set(ROOT.glob("tests/test_*.py")) - left_out
    files = sorted(files, key=lambda file: file.stat().st_size, reverse=True)
    return ["nbhelpers", *(str(file.relative_to(ROOT)) for file in files)]  # its doctests first


def survey(tests):
    """Return the file that says what the tests of a file reach, and how long each of them took."""
    files = package() if tests == "nbhelpers" else [*package(), ROOT / tests]
    content = [file.read_bytes() for file in files]
    name = f"{Path(tests).stem}-{hashlib.sha256(b''.join(content)).hexdigest()[:16]}"
    path = KEPT / f"{name}.json"
    if not path.exists():
        _, by = in_a_fork(lambda: _surveyed(tests, path), path.with_suffix(".txt"))
        if not path.exists():
            raise RuntimeError(f"Tests fail as it is ({by}); see {path.with_suffix('.txt')}.")
    return path


def _surveyed(tests, path):
    """Run tests and write down what they reach; this is a process of its own."""
    measured = _measuring(path.with_suffix(".coverage"))
    watch = Watch(measured)
    measured.start()
    end = pytest.main(
        ["-q", "-p", "no:cacheprovider", "--ignore=nbhelpers/publish", tests], [watch]
    )
    measured.stop()
    measured.save()
    data = measured.get_data()
    lines = {file: data.contexts_by_lineno(file) for file in data.measured_files()}
    if end == 0:
        path.write_text(json.dumps({"seconds": watch.seconds, "lines": lines}))
    return end


def _measuring(file):
    """Return a measurement of the package's branches, kept in a file."""
    where = {"source": ["nbhelpers"], "omit": ["nbhelpers/publish/*"]}
    measured = coverage.Coverage(str(file), branch=True, config_file=False, **where)
    measured.set_option("run:relative_files", True)  # each process has a copy of its own
    return measured


def _say_branches(surveyed):
    """Write down for each file how many of its lines and branches the tests reach."""
    measured = _measuring(KEPT / "coverage")
    measured.combine([str(path.with_suffix(".coverage")) for path in surveyed], keep=True)
    with contextlib.chdir(ROOT):
        measured.json_report(outfile=str(KEPT / "branches.json"))


@cache
def reached(surveyed):
    """Return all that was surveyed: the seconds of each test; by file and line, its tests."""
    seconds, lines = {}, {}
    for part in (json.loads(path.read_text()) for path in surveyed):
        seconds |= part["seconds"]
        for file, by_line in part["lines"].items():
            for line, names in by_line.items():
                lines.setdefault(file, {}).setdefault(line, []).extend(names)
    return seconds, lines


class Watch:
    """Tell coverage.py which test runs, and keep how long it took: a plugin of pytest."""

    def __init__(self, measured):
        self.measured, self.seconds = measured, Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        name, started = _name(item), time.process_time()
        self.measured.switch_context(name)
        ran = yield
        self.measured.switch_context("")
        self.seconds[name] += time.process_time() - started
        return ran


def _name(item):
    return item.nodeid.partition("[")[0]


def tests_of(mutant, source, lines):
    """Return the tests that reach a mutant's statement.

    What runs when the module is imported is reached by whatever reaches the module.
    """
    lines = lines.get(mutant.file, {})
    wanted = [lines.get(str(line), []) for line in statement(ast.parse(source), mutant.line)]
    names = set(itertools.chain(*wanted))
    if "" in names:
        names.update(*lines.values())
    return names - {""}


def statement(module, line):
    """Return the lines of the innermost statement at a line; of one with a body, its head."""
    nodes = (node for node in ast.walk(module) if isinstance(node, ast.stmt | ast.ExceptHandler))
    inner = max((node for node in nodes if _first(node) <= line <= node.end_lineno), key=_first)
    body = getattr(inner, "body", None)
    return range(_first(inner), body[0].lineno if body else inner.end_lineno + 1)


def _first(node):
    return min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])


class Chosen:
    """Leave of the collected tests those that were chosen, in their order: a plugin of pytest."""

    def __init__(self, names, log):
        self.order = {name: place for place, name in enumerate(names)}
        self.log = log

    def pytest_collection_modifyitems(self, items):
        items[:] = sorted(
            (item for item in items if _name(item) in self.order),
            key=lambda item: self.order[_name(item)],
        )

    def pytest_collectreport(self, report):
        self.pytest_runtest_logreport(report)

    def pytest_runtest_logreport(self, report):
        if report.failed:
            with self.log.open("a") as log:
                log.write(f"\n{FAILED}{report.nodeid}\n")


def judge(mutant, surveyed, until):
    """Return what became of a mutant: survived, or killed by which test; None if it is late."""
    if time.monotonic() > until:
        return None
    source = (ROOT / mutant.file).read_text()
    seconds, lines = reached(tuple(surveyed))
    names = sorted(tests_of(mutant, source, lines), key=seconds.get)  # the quickest first
    result = {**asdict(mutant), "change": mutant.change(source), "tests": len(names)}
    result |= {"end": "survived", "by": ""}
    if not names:
        return result | {"by": "no test reaches it"}
    log = KEPT / f"last-{os.getpid()}.txt"
    files = sorted({name.partition("::")[0] for name in names})
    arguments = [*QUIETLY, "-x", "--tb=line", *files]
    _write(Path(mutant.file), mutant.code(source))
    allowed = 60 + 10 * sum(map(seconds.get, names))
    end, by = in_a_fork(lambda: pytest.main(arguments, [Chosen(names, log)]), log, allowed)
    _write(Path(mutant.file), source)
    if end in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise RuntimeError(f"{mutant} met no tests; see {log}.")
    return result | ({"end": "killed", "by": by or f"exit status {end}"} if end else {})


def _write(path, source, ages=itertools.count(10**9)):  # noqa: B008
    """Write a file of an age that it never had: by it and its length Python knows compiled code."""
    path.write_text(source)
    age = next(ages)
    os.utime(path, (age, age))


def in_a_fork(work, log, seconds=None):
    """Do work in a fork of this process; return its exit status and the first test that failed."""
    log.unlink(missing_ok=True)
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            os.setsid()
            if seconds:
                resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
            with log.open("a") as file:
                os.dup2(file.fileno(), 1)
                os.dup2(file.fileno(), 2)
            end = work()
            sys.stdout.flush()
            os._exit(end)
        os._exit(70)
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, 9)  # what it started
    lines = log.read_text(errors="replace").splitlines()
    failed = [line.removeprefix(FAILED) for line in lines if line.startswith(FAILED)]
    return os.waitstatus_to_exitcode(status), failed[0] if failed else ""


if __name__ == "__main__":
    sys.exit(bool(main()))
