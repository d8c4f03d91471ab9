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
import importlib
import itertools
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import coverage
import numpy as np
import pytest
from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

warnings.simplefilter("ignore", SyntaxWarning)  # what some mutants look like

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT)]
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


def main(arguments=None):
    """Judge mutants until the time is up, or so many are judged; return how many survived."""
    options = _options().parse_args(arguments)
    until = time.monotonic() + 60 * options.minutes
    path = options.results or RESULTS / f"mutants-{datetime.date.today()}.jsonl"
    path.touch()
    results = [json.loads(line) for line in path.read_text().splitlines()]
    judged = {_key(result) for result in results}
    os.environ.update(ENVIRONMENT)
    for library in LIBRARIES:
        importlib.import_module(library)
    pytest.main(["--version"])  # so that its own plugins are there, too
    with _copy() as tree:
        reached = survey(tree, anew=options.survey)
        for mutant in itertools.islice(in_order(mutants(), options.seed), options.number):
            if time.monotonic() > until:
                break
            if _key(asdict(mutant)) not in judged:
                results.append(judge(mutant, tree, reached))
                with path.open("a") as file:
                    file.write(json.dumps(results[-1]) + "\n")
                print(*results[-1].values(), flush=True)
    return _said(results)


def _key(mutant):
    return mutant["file"], mutant["operator"], mutant["occurrence"]


def _said(results):
    """Print how many mutants were killed; return how many were not."""
    from nbhelpers.comparing import wilson  # not before the forks, which import ours changed

    survived = sum(result["end"] == "survived" for result in results)
    killed = len(results) - survived
    print(f"{killed} of {len(results)} killed: {wilson(killed, len(results)).percent()} of all")
    return survived


def _options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--number", type=int, help="how many mutants of the order to judge")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--survey", action="store_true", help="run all tests first, once more")
    parser.add_argument("--results", type=Path, help="where to go on; default: today's file")
    return parser


def mutants(root=ROOT):
    """Return all mutants of the package without its builder, by file."""
    found = {}
    operators = {name: plugins.get_operator(name) for name in plugins.operator_names()}
    operators = {name: kind() for name, kind in operators.items() if not kind.arguments()}
    for path in sorted(root.glob("nbhelpers/**/*.py")):
        file = path.relative_to(root)
        if "publish" not in file.parts:
            nodes = list(ast_nodes(get_ast(path.read_text())))
            found[str(file)] = [
                Mutant(str(file), name, occurrence, place[0][0])
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


@contextlib.contextmanager
def _copy():
    """Yield a copy of what git tracks or would track."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        for name in filter(None, names.split("\0")):
            if (ROOT / name).is_file() and not name.startswith("notebooks/"):
                Path(folder, name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, Path(folder, name))
        yield Path(folder)


def survey(tree, *, anew=False):
    """Return what tests reach each line of each file, and the seconds that each test took."""
    path = KEPT / "reached.json"
    if anew or not path.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        left_out = {file for other in OTHERS for file in tree.glob(f"tests/test_{other}.py")}
        files = [str(file) for file in sorted(set(tree.glob("tests/test_*.py")) - left_out)]
        _, by = in_a_fork(lambda: _surveyed(tree, [*files, "nbhelpers"]), tree, KEPT / "survey.txt")
        if not path.exists():
            raise RuntimeError(f"Tests fail as it is ({by}); see {KEPT / 'survey.txt'}.")
    return json.loads(path.read_text())


def _surveyed(tree, arguments):
    """Run tests and write down what they reach; this is a process of its own."""
    package = {"source": [str(tree / "nbhelpers")], "omit": [str(tree / "nbhelpers/publish/*")]}
    measured = coverage.Coverage(str(KEPT / "coverage"), branch=True, **package)
    watch = Watch(measured)
    measured.start()
    end = pytest.main(["-q", "--ignore=nbhelpers/publish", *arguments], plugins=[watch])
    measured.stop()
    measured.save()
    measured.json_report(outfile=str(KEPT / "branches.json"))
    data = measured.get_data()
    lines = {
        str(Path(file).relative_to(tree)): data.contexts_by_lineno(file)
        for file in data.measured_files()
    }
    if end == 0:
        (KEPT / "reached.json").write_text(json.dumps({"seconds": watch.seconds, "lines": lines}))
    return end


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


def tests_of(mutant, source, reached):
    """Return the tests that reach a mutant's statement, the quickest first.

    What runs when the module is imported is reached by whatever reaches the module.
    """
    lines = reached["lines"].get(mutant.file, {})
    wanted = [lines.get(str(line), []) for line in statement(ast.parse(source), mutant.line)]
    names = set(itertools.chain(*wanted))
    if "" in names:
        names.update(*lines.values())
    return sorted(names - {""}, key=reached["seconds"].get)


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


def judge(mutant, tree, reached):
    """Return what became of a mutant: killed, by which test, or survived."""
    source = (ROOT / mutant.file).read_text()
    names = tests_of(mutant, source, reached)
    result = {**asdict(mutant), "tests": len(names), "end": "survived", "by": ""}
    if not names:
        return result | {"by": "no test reaches it"}
    files = sorted({name.partition("::")[0] for name in names})
    changed = tree / mutant.file
    _write(changed, mutant.code(source))
    seconds = 60 + 10 * sum(reached["seconds"][name] for name in names)
    arguments = ["-q", "-x", "--tb=line", "--no-header", "-p", "no:cacheprovider", *files]
    log = KEPT / f"last-{os.getpid()}.txt"
    work = partial(pytest.main, arguments, plugins=[Chosen(names, log)])
    end, by = in_a_fork(work, tree, log, seconds)
    _write(changed, source)
    if end == 0:
        return result
    if end in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise RuntimeError(f"{mutant} met no tests; see {log}.")
    return result | {"end": "killed", "by": by or f"exit status {end}"}


def _write(path, source, ages=itertools.count(10**9)):  # noqa: B008
    """Write a file of an age that it never had: by it and its length Python knows compiled code."""
    path.write_text(source)
    age = next(ages)
    os.utime(path, (age, age))


def in_a_fork(work, tree, log, seconds=None):
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
            os.chdir(tree)
            os.environ["PYTHONPATH"] = str(tree)
            sys.path[:0] = [str(tree)]
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
