"""From executed runs to pages: what is merged, what is cleaned, what is refused; and progress."""

import json
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from toy_book import RESULTS, ToyBook, chapter

from nbhelpers.publish import progress
from nbhelpers.publish.chapters import read_book
from nbhelpers.publish.plan import finished_runs, full_names, make_plan, missing_tasks
from nbhelpers.publish.project import Project, PublishError
from nbhelpers.publish.tasks import assemble

STREAM = {"output_type": "stream", "name": "stdout"}


def executed(one, root="/nowhere"):
    """Return what papermill would leave of a chapter in the quick profile."""
    notebook = nbformat.from_dict(one.notebook)
    injected = nbformat.v4.new_code_cell("n = 3", metadata={"tags": ["injected-parameters"]})
    notebook.cells.insert(notebook.cells.index(notebook.cells[2]) + 1, injected)
    for number, cell in enumerate(c for c in notebook.cells if c.cell_type == "code"):
        chatter = STREAM | {"name": "stderr", "text": "no GPU"}
        said = STREAM | {"text": f"{number} {root}/x"}
        cell.outputs = [nbformat.from_dict(output) for output in (chatter, said)]
        cell.execution_count = number + 1
        cell.metadata.papermill = {"duration": 1.0}
    notebook.metadata.papermill = {"output_path": str(root)}
    notebook.metadata.language_info = {"name": "python"}
    return notebook


@pytest.fixture
def book(tmp_path):
    return ToyBook(tmp_path, one=chapter("One", "{quick: {n: 3}}"))


def test_outputs_meet_todays_prose_and_nothing_of_the_run_is_left(book):
    old = read_book(book.root / "book")["part/one"]
    run = executed(old)
    book.edit("one", "Prose of One.", "New prose.\n\n+++\n\nAnd a cell more.")
    one = read_book(book.root / "book")["part/one"]
    page = assemble.merged(one, "quick", run)
    code = [cell for cell in page.cells if cell.cell_type == "code"]
    assert [cell.outputs[0].text[0] for cell in code] == ["0", "1", "3"]
    assert code[1].source.startswith("n = 3  # é")
    assert "And a cell more." in [cell.source for cell in page.cells]
    assert "papermill" not in nbformat.writes(page)
    assert "no GPU" not in nbformat.writes(page)
    nbformat.validate(page)
    again = assemble.merged(read_book(book.root / "book")["part/one"], "quick", run)
    assert nbformat.writes(page) == nbformat.writes(again)  # ids too: nothing is reread in vain


def test_the_corner_of_a_styled_table_is_no_empty_header(book):
    one = read_book(book.root / "book")["part/one"]
    run = executed(one)
    styled = pd.DataFrame({"light": [0.5]}, index=["cure"]).style.format("{:.1%}").to_html()
    assert '<th class="blank' in styled
    table = nbformat.v4.new_output("display_data", {"text/html": styled})
    run.cells[2].outputs = [table]
    page = assemble.merged(one, "quick", run)
    (shown,) = [
        o.data["text/html"] for c in page.cells for o in c.get("outputs", []) if "data" in o
    ]
    assert '<th class="blank' not in shown
    assert shown.count("<th") == styled.count("<th") - 1, "the other headers stay"


def test_styled_tables_have_the_same_names_each_time_and_no_two_the_same(book):
    one = read_book(book.root / "book")["part/one"]

    def html():
        run = executed(one)
        for cell in run.cells[2:5]:
            shown = [pd.DataFrame({"x": [k]}).style.hide().to_html() for k in range(3)]
            shown = [shown[0], shown[1] + shown[2]]
            cell.outputs = [nbformat.v4.new_output("display_data", {"text/html": t}) for t in shown]
        page = assemble.merged(one, "quick", run)
        outputs = [output for cell in page.cells for output in cell.get("outputs", [])]
        return "".join(output.get("data", {}).get("text/html", "") for output in outputs)

    first = html()
    assert first == html()
    page = BeautifulSoup(first, "html.parser")
    names = [table["id"] for table in page.select("table")]
    assert len(names) == len(set(names)) > 3
    for name in names:
        assert page.select(f"table#{name} #{name}_row0_col0"), "its cells go by the name, too"


@pytest.mark.parametrize("names", [["start"], ["start", "loss"]])
def test_the_name_of_an_index_stands_in_the_headers_one_row(names):
    index = pd.MultiIndex.from_tuples([("a", "b")[: len(names)]], names=names)
    table = BeautifulSoup(
        assemble.one_row_of_headers(pd.DataFrame({"x": [1]}, index).to_html()), "html.parser"
    )
    (row,) = table.select("thead tr")
    assert [head.get_text() for head in row.select("th")] == [*names, "x"]


def test_a_header_with_names_of_both_kinds_stays_as_it_is():
    both = pd.DataFrame({"x": [1]}, index=["a"]).rename_axis(index="right", columns="wrong")
    assert assemble.one_row_of_headers(both.to_html()) == both.to_html()


def page_that_says(text, **data):
    said = nbformat.v4.new_output("stream", text=text)
    shown = nbformat.v4.new_output("display_data", data=data)
    cell = nbformat.v4.new_code_cell(text, outputs=[said, shown])
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text), cell])


def test_folders_of_the_machine_are_hidden_in_what_cells_say():
    text = "/home/ann/a '/home/ann/course/b:3' file:///home/ann. \x1b[32m/home/ann/course\x1b[0m"
    page = page_that_says(text, **{"text/html": "<b>/home/ann</b>"})
    failed = nbformat.v4.new_output("error", evalue=text, traceback=[text])
    page.cells[1].outputs.append(failed)
    assemble.hide_folders(page, {Path("/home/ann"): "~", Path("/home/ann/course"): "."})
    hidden = "~/a './b:3' file://~. \x1b[32m.\x1b[0m"
    said, shown, failed = page.cells[1].outputs
    assert said.text == failed.evalue == failed.traceback[0] == hidden
    assert shown.data["text/html"] == "<b>~</b>"
    assert page.cells[0].source == page.cells[1].source == text, "sources are the author's"


@pytest.mark.parametrize("folder", ["/", "/a", "/a/b"])
def test_nothing_else_is_taken_for_a_folder(folder):
    text = "7 // 2, x /a, https://numpy.org, /a/bc, /a/b-c, /a/b.c, ../a/b, c/a/b, https://a/b"
    page = page_that_says(text, **{"image/png": "x+/a/b/", "text/html": "base64,x+/a/b/"})
    before = nbformat.writes(page)
    assemble.hide_folders(page, {Path(folder): "~", Path("/"): "."})
    assert nbformat.writes(page) == before


@pytest.fixture
def site(book):
    """Return a project whose one run is there, its plan, and the folder of the run."""
    project = Project.at(book.root)
    plan = make_plan(project, "quick", 1500)
    run = project.build / plan["runs"]["part/one"]["folder"]
    (run / "results").mkdir(parents=True)
    one = read_book(project.book)["part/one"]
    nbformat.write(executed(one, project.root), run / "notebook.ipynb")
    return project, plan, run


def put_together(project, plan):
    assemble.assemble(project, plan, read_book(project.book))


def test_the_site_has_the_tree_of_the_book_and_only_changed_files_are_written(site):
    project, plan, run = site
    (project.book / "_static").mkdir()
    (project.book / "_static/style.css").write_text("a {}")
    (run / "results/one.json").write_text(json.dumps(RESULTS))
    folder = project.site("quick")
    (folder / "gone").mkdir(parents=True)
    (folder / "gone/old.md").touch()
    put_together(project, plan)
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    stamp = plan["assembled"].rpartition("/")[2]
    expected = {"_config.yml", "_toc.yml", "index.md", "_static/style.css", "part/one.ipynb", stamp}
    assert files.keys() == expected
    assert str(project.root) not in files["part/one.ipynb"].read_text("utf-8")
    assert (project.build / "quick/results/one.json").exists()
    before = {name: path.stat().st_mtime_ns for name, path in files.items() if name != stamp}
    (project.book / "index.md").write_text("# Other\n")
    put_together(project, plan)
    after = {name: files[name].stat().st_mtime_ns for name in before}
    assert {name for name in before if before[name] != after[name]} == {"index.md"}


def test_results_that_do_not_fit_the_schema_change_nothing(site):
    project, plan, run = site
    (run / "results/one.json").write_text(json.dumps(RESULTS | {"data": {}}))
    with pytest.raises(PublishError, match=r"one\.json do not fit(.|\n)*\$\.data: 'name' is"):
        put_together(project, plan)
    assert not project.site("quick").exists()


def test_full_and_quick_results_and_pages_have_their_own_folders(site):
    project, _, _ = site
    assert project.results("full") == project.build / "results"
    assert project.html("full") == project.build / "html"
    for profile_folder in (project.results, project.html, project.site):
        assert profile_folder("quick") != profile_folder("full")


def test_the_plan_asks_for_what_is_missing_and_for_no_more_memory_than_there_is(site):
    project, plan, run = site
    entry = plan["runs"]["part/one"]
    assert entry["memory_mb"] == 1500
    pages = {plan["assembled"], plan["html"]}
    files = {f"{entry['folder']}/run.json", entry["validated"]}
    assert missing_tasks(project, plan["needs"], [plan["html"]]) == pages | files
    for file in files:
        (project.build / file).write_text('{"seconds": 7.4}')
    assert missing_tasks(project, plan["needs"], [plan["html"]]) == pages
    assert finished_runs(project.runs("quick", "part/one")) == [run]
    assert make_plan(project, "quick", 1500)["runs"]["part/one"]["seconds"] == 7
    assert make_plan(project, "full", 1500)["runs"]["part/one"]["key"] != entry["key"]


def test_what_never_ran_starts_in_the_order_of_the_seconds_that_chapters_state(tmp_path):
    settings = {"short": "{seconds: 20}", "long": "{seconds: 300}", "unknown": "{}"}
    book = ToyBook(tmp_path, **{name: chapter(name, text) for name, text in settings.items()})
    runs = make_plan(Project.at(book.root), "full", 4000)["runs"]
    ahead = sorted(runs, key=lambda name: -runs[name]["seconds"])
    assert ahead == ["part/unknown", "part/long", "part/short"]


def test_chapters_are_known_by_their_last_name():
    assert full_names(["part/one", "part/two"], ["two"]) == ["part/two"]
    with pytest.raises(PublishError, match="No chapter with code is called three"):
        full_names(["part/one"], ["three"])


def test_a_folder_without_a_book_is_refused(tmp_path):
    with pytest.raises(PublishError, match="There is no book in .*: book is missing"):
        Project.at(tmp_path)


def test_progress_is_told_line_by_line_where_nothing_can_be_overwritten(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0)
    watcher = progress.Watcher(tmp_path, total=2)
    with progress.told(tmp_path, "execute a (quick)") as report:
        watcher.look()
        report(3, 9)
        watcher.look()
        report.facts = {"peak_mb": 812}
    watcher.look()
    with pytest.raises(SystemExit), progress.told(tmp_path, "execute b (quick)"):
        raise PublishError("cell 4: no")
    watcher.look()
    watcher.close()
    said = capsys.readouterr().err.splitlines()
    assert said[:3] == [
        "[0/2] start execute a (quick)",
        "[0/2]       execute a (quick): cell 3 of 9",
        "[1/2] done  execute a (quick): 0 s, 812 MB",
    ]
    assert said[3:5] == ["[1/2] FAILED execute b (quick)", "cell 4: no"]
    assert [state["task"] for state in watcher.failed] == ["execute b (quick)"]
