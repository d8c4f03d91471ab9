"""The whole road in real processes, on a toy book: what runs again, what fails, what survives."""

import errno
import getpass
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pooch
import pytest
from toy_book import CHECKOUT, RESULTS, ToyBook, chapter, descendants, gone, outputs, wait_for

from nbhelpers.publish.__main__ import main
from nbhelpers.publish.build import build
from nbhelpers.publish.project import Project, PublishError

COMPARED = ":tags: [nbval-check-output]\n\nprint(words)"


def prose(page):
    return "".join(text for cell in page["cells"] for text in cell["source"])


def test_a_book_is_built_and_only_what_changed_is_executed_again(tmp_path):
    folder = "import os\nfolder = Path(os.environ['NBHELPERS_RESULTS_DIR'])\n"
    write = folder + f"_ = (folder / 'first.json').write_text({json.dumps(RESULTS)!r})\n"
    write += "_ = (folder / 'first.a-net.js').write_text('arrays.add()')"
    look = "import gc\n" + folder
    look += "print([path.name for path in folder.iterdir()], os.listdir(), gc.get_threshold())"
    book = ToyBook(
        tmp_path,
        first=chapter("First", "{quick: {n: 3}}", write),
        second=chapter("Second", "{after: [part/first]}", look),
    )
    status, said = book.run("build", "--profile", "quick")
    assert status == 0, said
    assert "done  execute part/first (quick)" in said
    assert "[6/6] done  html (quick)" in said
    assert outputs(book.page("first")) == ["3 ['a', 'b']\n"]
    assert outputs(book.page("second"))[-1] == "['first.json'] [] (20000, 10, 10)\n"
    assert json.loads((tmp_path / "_build/quick/results/first.json").read_text()) == RESULTS
    assert (tmp_path / "_build/site/quick/live/data/a-net.js").read_text() == "arrays.add()"
    costs = json.loads((tmp_path / "_build/quick/costs.json").read_text())
    assert costs["executed"] == ["part/first", "part/second"]
    assert 0 < costs["least_seconds"] < costs["seconds"]
    for runs in costs["chapters"].values():
        stages = runs["execute"]["stages"]
        assert stages.keys() == {"start", "kernel", "imports", "cells", "saving"}
        assert runs["validate"]["stages"].keys() == {"start", "kernel", "cells", "saving"}
        assert sum(stages.values()) <= runs["execute"]["seconds"] + 0.1  # what is rounded
    assert "times as long" in said
    before = book.executed()

    book.edit("second", "Prose of", "Better prose of")
    status, said = book.run("build", "--profile", "quick")
    assert status == 0, said
    assert "Better prose of Second" in prose(book.page("second"))
    assert book.executed() == before
    assert "[2/2]" in said  # pages only
    assert "times as long" not in said  # nothing was computed

    book.edit("second", "print(sum(range(n)), words)", "print(words)")
    assert "code cell 3 changed" in book.run("why", "second", "--profile", "quick")[1]
    status, said = book.run("build", "--profile", "quick")
    assert status == 0, said
    assert [run.split("/")[0] for run in book.executed() - before] == ["second"]
    assert book.run("why", "second", "--profile", "quick")[1].strip().endswith("up to date.")


def test_each_failure_is_told_and_the_good_book_stays(tmp_path):
    book = ToyBook(tmp_path, good=chapter("Good"))
    assert book.run("build", "--profile", "quick")[0] == 0
    book.edit("good", "Prose of", "New prose of")
    book.write("cell", chapter("Cell", "{}", "def half(x):\n    return 1 / x\n\nhalf(0)"))
    book.write("dead", chapter("Dead", "{}", "import os, signal\nos.kill(os.getpid(), 9)"))
    moving = ":tags: [nbval-check-output]\n\nimport time\nprint(time.time())"
    book.write("moving", chapter("Moving", "{}", moving))
    denied = ":tags: [nbval-check-output{}]\n\nprint('falsehood')\nprint('as TensorFlow:', 1 == 2)"
    book.write("denied", chapter("Denied", "{}", denied.format("")))
    book.write("meant", chapter("Meant", "{}", denied.format(", nbval-shows-failure")))
    book.write("nan", chapter("Nan", "{}", denied.format("").replace("1 == 2", "float('nan')")))
    status, said = book.run("build", "--profile", "quick")
    assert status == 1
    for name, shown in (("denied", "False"), ("nan", "nan")):
        text = (tmp_path / f"book/part/{name}.md").read_text("utf-8").splitlines()
        line = 1 + text.index("print('falsehood')")
        assert f"part/{name}, cell 4 of 4 (book/part/{name}.md:{line}): shows False or NaN" in said
        assert f"in the line 'as TensorFlow: {shown}'" in said
    assert "done  validate part/meant" in said
    line = 1 + (tmp_path / "book/part/cell.md").read_text("utf-8").splitlines().index("half(0)")
    assert f"part/cell, cell 4 of 4 (book/part/cell.md:{line}): ZeroDivisionError" in said
    assert "----> 4 half(0)" in said
    assert "part/dead, cell 4 of 4" in said
    assert "the kernel died" in said
    assert "part/moving: a second run gives other outputs" in said
    assert "done  execute part/moving" in said  # one failure does not stop the others
    assert "Prose of Good" in prose(book.page("good"))


def test_what_depends_on_the_parameters_cannot_be_validated(tmp_path):
    book = ToyBook(tmp_path, one=chapter("One"))  # prints a sum up to n: 30, but 3 when quick
    status, said = book.run("build")
    assert status == 1
    assert "part/one: a second run gives other outputs than the first" in said
    book.edit("one", "print(sum(range(n)), words)", "print(words)")
    status, said = book.run("build")
    assert status == 0, said


def test_a_second_run_ends_with_what_is_compared(tmp_path):
    count = f"_ = open({str(tmp_path / 'runs')!r}, 'a').write('x')"
    book = ToyBook(tmp_path, one=chapter("One", "{quick: {n: 3}}", count))
    plugin = {"PYTEST_PLUGINS": "one_of_the_users", "PYTEST_ADDOPTS": "--of-the-users"}
    status, said = book.run("build", "--profile", "quick", **plugin)
    assert status == 0, said
    assert (tmp_path / "runs").read_text("utf-8") == "x"


def test_a_killed_build_leaves_the_last_book_and_the_next_one_succeeds(tmp_path):
    wait = "if Path('{0}/pause-execute').exists():\n    Path('{0}/reached-execute').touch()"
    wait = wait.format(tmp_path) + "\n    import time\n    time.sleep(600)"
    book = ToyBook(tmp_path, only=chapter("Only", "{quick: {n: 3}}", wait))
    assert book.run("build", "--profile", "quick")[0] == 0
    book.edit("only", "print(sum", "print('new', sum")
    kills = {"execute": signal.SIGKILL, "assemble": signal.SIGKILL, "html": signal.SIGTERM}
    for point, number in kills.items():
        Path(tmp_path, f"pause-{point}").touch()
        process = book.start("build", "--profile", "quick")
        wait_for(Path(tmp_path, f"reached-{point}").exists)
        children = descendants(process)
        process.send_signal(number)
        wait_for(lambda: gone(children))  # noqa: B023  before anybody asks how the build ended
        process.communicate()
        assert outputs(book.page("only")) == ["3 ['a', 'b']\n"], point
        Path(tmp_path, f"pause-{point}").unlink()
    status, said = book.run("build", "--profile", "quick")
    assert status == 0, said
    assert outputs(book.page("only")) == ["new 3 ['a', 'b']\n"]
    left = {path.name for path in (tmp_path / "_build").iterdir()}
    assert left <= {"lock", "logs", "plan.json", "quick", "runs", "site", "tmp", ".snakemake"}


def test_a_cell_that_does_not_end_is_named_when_the_build_is_stopped(tmp_path):
    never = f"Path('{tmp_path}/reached').touch()\nwhile True:\n    pass"
    book = ToyBook(tmp_path, never=chapter("Never", "{quick: {n: 3}}", never))
    process = book.start("build", "--profile", "quick")
    wait_for((tmp_path / "reached").exists, 300)
    children = descendants(process)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate()
    assert "Was at work:\n  execute part/never (quick), cell 4 of 4\n" in said
    wait_for(lambda: gone(children))


def test_a_build_killed_just_after_the_pages_are_seen_leaves_them_whole(tmp_path):
    book = ToyBook(tmp_path, only=chapter("Only"))
    assert book.run("build", "--profile", "quick")[0] == 0
    book.edit("only", "Prose of", "New prose of")
    (tmp_path / "pause-swapped").touch()
    process = book.start("build", "--profile", "quick")
    wait_for((tmp_path / "reached-swapped").exists)
    children = descendants(process)
    process.kill()
    wait_for(lambda: gone(children))
    process.communicate()
    (tmp_path / "pause-swapped").unlink()
    assert "New prose of Only" in prose(book.page("only"))
    status, said = book.run("build", "--profile", "quick")
    assert status == 0, said
    assert "New prose of Only" in prose(book.page("only"))
    assert len(list((tmp_path / "_build/quick").glob("html-*"))) == 1, "the old copy is removed"


def test_a_build_waits_for_what_a_killed_one_has_left_at_work(tmp_path):
    book = ToyBook(tmp_path, only=chapter("Only"))
    (tmp_path / "pause-html").touch()
    process = book.start("build", "--profile", "quick")
    wait_for((tmp_path / "reached-html").exists)
    children = descendants(process)
    (engine,) = (one for one in children if "snakemake" in one.cmdline())
    engine.suspend()  # as on a machine that does much else
    process.kill()
    process.communicate()
    wait_for(lambda: gone([one for one in children if one != engine]))
    (tmp_path / "pause-html").unlink()
    following = book.start("build", "--profile", "quick")
    try:
        assert "Another build is at work here" in following.stdout.readline()
    finally:
        engine.resume()  # it removes what its task was making
        said, _ = following.communicate()
    assert following.returncode == 0, said
    status, said = book.run("build", "--profile", "quick")
    assert status == 0, said
    assert "to do" not in said, "what the second build made is still there"


def test_snakemake_takes_arguments_and_other_executors(tmp_path):
    book = ToyBook(tmp_path, one=chapter("One"), two=chapter("Two", "{after: [part/one]}"))
    status, said = book.run("build", "--", "--dry-run")
    assert status == 0, said
    counts = dict(re.findall(r"^(\w+) +(\d+)$", said, flags=re.MULTILINE))
    assert counts == {"execute": "2", "validate": "2", "assemble": "1", "html": "1", "total": "6"}
    # All that a run leaves is declared: it comes back from another machine, and goes to others.
    left = r"\S+/part/two/\w+/run\.json, \S+key\.json, \S+notebook\.ipynb, \S+results"
    assert re.search(rf"output: {left}$", said, flags=re.MULTILINE)
    assert re.search(rf"input: {left}, {left.replace('two', 'one')}$", said, flags=re.MULTILINE)
    status, said = book.run("build", "--", "--executor", "nowhere")
    assert status == 1
    assert "invalid choice: 'nowhere'" in said


def test_a_path_that_a_cluster_cannot_read_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/my books/.venv/bin/python")
    book = ToyBook(tmp_path, one=chapter("One"))
    with pytest.raises(PublishError, match="my books.*a path with a space"):
        build(Project.at(book.root), "quick", extra=["--executor", "slurm"])


def test_a_cluster_builds_the_same_book(tmp_path):
    """Each task is a job of its own, as with ``--executor slurm``, here submitted to a shell."""
    if " " in sys.executable:
        pytest.skip(f"a cluster cannot read the path of {sys.executable}: the test before this one")
    pages = {"one": chapter("One"), "two": chapter("Two", "{quick: {n: 3}, after: [part/one]}")}
    here, cluster = ToyBook(tmp_path / "here", **pages), ToyBook(tmp_path / "cluster", **pages)
    assert here.run("build", "--profile", "quick")[0] == 0
    (tmp_path / "submit").write_text(f'echo "$1" >> {tmp_path}/jobs; sh "$1" > {tmp_path}/log 2>&1')
    submit = ["--cluster-generic-submit-cmd", f"sh {tmp_path}/submit"]
    arguments = ["--", "--executor", "cluster-generic", "--jobs", "2", *submit]
    status, said = cluster.run("build", "--profile", "quick", *arguments)
    assert status == 0, said
    assert len((tmp_path / "jobs").read_text().splitlines()) == 4
    assert cluster.executed() == here.executed()
    for name in pages:
        assert outputs(cluster.page(name)) == outputs(here.page(name))


def test_a_run_that_takes_more_memory_than_promised_says_so(tmp_path):
    take = "big = bytearray(250_000_000 if n == 3 else 1)"
    book = ToyBook(
        tmp_path,
        more=chapter("More", "{quick: {n: 3}, memory_mb: 200}", take),
        second=chapter("Second", "{quick: {n: 3}, memory_mb: 200}", take),
        fits=chapter("Fits", "{memory_mb: 200}"),
    )
    for name in ("more", "second", "fits"):
        book.edit(name, "print(sum(range(n)), words)", "print(words)")
    book.edit("second", take, take + "\n```\n\n```{code-cell} ipython3\n" + COMPARED)
    for profile, warned in {"quick": ["more", "second"], "full": ["second"]}.items():
        status, said = book.run("build", "--profile", profile)
        assert status == 0, said
        lines = [line for line in said.splitlines() if "WARNING: more than the 200 MB" in line]
        assert [line.split()[0] for line in lines] == [f"part/{name}" for name in warned]


def test_a_book_in_a_read_only_folder_with_a_strange_name_is_built_elsewhere(tmp_path, monkeypatch):
    root = tmp_path / "my course, für $HOME"
    root.mkdir()
    book = ToyBook(root, one=chapter("One"))
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    root.chmod(0o555)
    monkeypatch.setenv("NBHELPERS_BUILD", "../my $5 für")  # relative to where the command runs
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    status, said = book.run("build", "--profile", "quick")
    root.chmod(0o755)
    assert status == 0, said
    assert (tmp_path / "my $5 für/_build/quick/html/part/one.ipynb").exists()
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a process to some CPUs")
def test_no_more_chapters_run_at_once_than_cpus_are_given():
    code = (
        "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); "
        "from nbhelpers.publish.build import _snakemake; "
        "from nbhelpers.publish.project import Project; from pathlib import Path; "
        "print(*_snakemake(Project(Path()), [], None, 1, []))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert "--cores 1 " in said.stdout, said.stderr


def test_windows_is_told_where_the_builder_runs(monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "win32")
    assert main(["build"]) == 1
    assert "WSL" in capsys.readouterr().err


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_machine_without_room_is_told_in_a_line(number, tmp_path, monkeypatch, capsys):
    def fail(*arguments, **more):
        raise OSError(number, os.strerror(number), "/some/_build/lock")

    monkeypatch.setattr("nbhelpers.publish.build.build", fail)
    book = ToyBook(tmp_path, one=chapter("One"))
    assert main(["--root", str(book.root), "build"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"/some/_build/lock: {os.strerror(number)};")
    assert "NBHELPERS_BUILD" in said


@pytest.mark.parametrize(
    ("given", "meant"), [("~/my data", "home/my data"), ("data", "data"), ("$5/~", "$5/~")]
)
def test_folders_may_be_relative_and_in_ones_home(given, meant, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    seen = {}
    monkeypatch.setattr("nbhelpers.publish.build.build", lambda *a, **k: seen.update(os.environ))
    book = ToyBook(tmp_path / "book", one=chapter("One"))
    for name in ("NBHELPERS_DATA", "NBHELPERS_BUILD"):
        monkeypatch.setenv(name, given)
    assert main(["--root", str(book.root), "build"]) == 0
    assert seen["NBHELPERS_DATA"] == seen["NBHELPERS_BUILD"] == str(tmp_path / meant)


def test_a_user_whom_the_system_does_not_know_gets_a_name_and_a_home(tmp_path, monkeypatch):
    seen = []

    def build(*arguments, **more):
        seen.append((getpass.getuser(), Path.home()))

    monkeypatch.setattr("nbhelpers.publish.build.build", build)
    book = ToyBook(tmp_path, one=chapter("One"))
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "")
    (tmp_path / "mine").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "mine"))
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    for home in ("mine", "_build/home"):
        assert main(["--root", str(book.root), "build"]) == 0
        assert seen.pop() == (str(os.getuid()), tmp_path / home)
        monkeypatch.delenv("HOME")


def test_data_in_a_home_that_cannot_be_written_to_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr("nbhelpers.publish.build.build", lambda *a, **k: seen.append(Path.home()))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "mine"))
    kept = pooch.os_cache("nbhelpers") / "mnist"
    kept.mkdir(parents=True)
    book, seen = ToyBook(tmp_path, one=chapter("One")), []
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path / "mine")
    for _ in range(2):
        assert main(["--root", str(book.root), "build"]) == 0
        assert seen.pop() == tmp_path / "_build/home"
        assert (pooch.os_cache("nbhelpers") / "mnist").resolve() == kept
        monkeypatch.setenv("HOME", str(tmp_path / "mine"))


def test_what_snakemake_itself_complains_of_is_told(tmp_path):
    (tmp_path / "file").touch()
    book = ToyBook(tmp_path, one=chapter("One"))
    status, said = book.run("build", "--profile", "quick", XDG_CACHE_HOME=str(tmp_path / "file"))
    assert status == 1
    assert "file/snakemake" in said.partition("Failed:")[2]


class Server:
    """What livereload gives, but it ends at once."""

    watched = {}

    def watch(self, path, rebuild, ignore):
        self.watched[path] = rebuild

    def serve(self, root, port):
        self.watched["served"] = root, port


def test_serving_goes_on_after_a_build_that_failed(tmp_path, monkeypatch, capsys):
    def fail(*arguments, **more):
        raise PublishError("one.md:3: no such label")

    monkeypatch.setattr("livereload.Server", Server)
    monkeypatch.setattr("nbhelpers.publish.build.build", fail)
    book = ToyBook(tmp_path, one=chapter("One"))
    assert main(["--root", str(book.root), "serve", "--port", "8123"]) == 0
    assert Server.watched["served"] == (str(tmp_path / "_build/quick/html"), 8123)
    Server.watched[str(tmp_path / "book")]()  # as after an edit
    assert capsys.readouterr().err.count("no such label") == 2
