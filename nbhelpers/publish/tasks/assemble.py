"""Put the book together: today's prose, the outputs of the validated runs."""

import json
import os
import re
import shutil
from pathlib import Path

import nbformat

from nbhelpers.publish.chapters import parameters_source, tagged_cells, with_code
from nbhelpers.publish.folding import FOLDED_TAG, prompt
from nbhelpers.publish.project import PACKAGE, PublishError, write_if_changed
from nbhelpers.publish.whole import tree_digest

SCHEMA = PACKAGE / "results.schema.json"

# Where an output or its data are text, and how a path begins and ends there.
TEXTS = ("text", "evalue", "traceback", "text/plain", "text/html", "text/markdown")
WHOLE_PATH = r"(^|file://|\x1b\[[0-9;]*m|[^\w.~/+-])({})(?![\w-]|\.\w)"

# The corner of a styled pandas table: a header without a word, which screen readers stumble over.
CORNER = re.compile(r'<th (class="blank[^"]*")\s*>(?:&nbsp;)?</th>')

# The name by which a styled pandas table is told from others on its page: drawn at random.
STYLED = re.compile(r'<table id="(T_[0-9a-f]+)"')

# A pandas table whose index has a name: it stands alone in a second row of headers.
INDEX_NAMES = re.compile(
    r"(<thead>\s*<tr[^>]*>)((?:\s*<th></th>)+)(.*?</tr>)\s*<tr>((?:\s*<th>[^<]+</th>)+)"
    r"(?:\s*<th></th>)+\s*</tr>(\s*</thead>)",
    re.DOTALL,
)


def assemble(project, plan, chapters):
    """Bring ``_build/site/<profile>`` and the results of the plan's profile up to date.

    The site has the tree of ``book/``; chapters with code are executed notebooks in it. Only files
    whose content changed are written, so that Sphinx rereads only those.

    Parameters
    ----------
    project : Project
    plan : dict
        What `nbhelpers.publish.plan` decided.
    chapters : dict of str to Chapter
        All pages, by name.

    Raises
    ------
    PublishError
        If a results file does not fit ``results.schema.json``; nothing is changed then.
    """
    stamp, profile = project.build / plan["assembled"], plan["profile"]
    site, results = {}, {}
    home = Path(os.path.expanduser("~"))  # Path.home() fails for a user without name or HOME
    for path in _plain_files(project, chapters):
        site[path] = (project.book / path).read_bytes()
    for config in ("_config.yml", "_toc.yml"):
        site[Path(config)] = (project.root / config).read_bytes()
    for name, chapter in with_code(chapters).items():
        run = project.build / plan["runs"][name]["folder"]
        page = merged(chapter, profile, nbformat.read(run / "notebook.ipynb", as_version=4))
        hide_folders(page, {project.root: ".", project.build: "_build", home: "~"})
        site[Path(f"{name}.ipynb")] = nbformat.writes(page).encode()
        results |= _checked_results(run / "results")
        site |= _exports(run / "results", name)
    for old in stamp.parent.glob(".assembled-*"):
        old.unlink()  # before the first change: half an update must not pass for a whole one
    _make_equal(project.site(profile), site)
    _make_equal(project.results(profile), results)
    stamp.write_text(tree_digest(project.site(profile)), "utf-8")


def merged(chapter, profile, executed):
    """Return the chapter as it is written now with the outputs of an earlier execution.

    Parameters
    ----------
    chapter : Chapter
    profile : {"full", "quick"}
        The `parameters` cell shows the values that this profile really used; the cell that
        papermill injected to set them is left out.
    executed : NotebookNode
        Its code cells are those of the chapter.

    Returns
    -------
    NotebookNode
        A valid notebook of format 4.5 without a trace of the machine that executed it: also
        without what libraries wrote to stderr, which the executed notebook keeps.
    """
    page = nbformat.from_dict(chapter.notebook)
    injected = tagged_cells(executed, "injected-parameters")
    ran = [cell for cell in executed.cells if cell.cell_type == "code" and cell not in injected]
    code = [cell for cell in page.cells if cell.cell_type == "code"]
    for number, (cell, source) in enumerate(zip(code, ran, strict=True), 1):
        cell.outputs = [output for output in source.outputs if output.get("name") != "stderr"]
        for place, output in enumerate(cell.outputs):
            if "text/html" in output.get("data", {}):
                table = one_row_of_headers(output.data["text/html"])
                output.data["text/html"] = named_alike(table, f"T_cell{number}_{place}")
        cell.execution_count = source.execution_count
    for cell in tagged_cells(page, FOLDED_TAG):
        cell.metadata.setdefault("mystnb", {})["code_prompt_show"] = prompt(cell)
    for cell in tagged_cells(page, "parameters"):
        cell.source = parameters_source(chapter, profile)
    for number, cell in enumerate(page.cells):
        cell.id = f"cell-{number}"
    page.metadata = {"kernelspec": chapter.notebook.metadata.kernelspec} | {
        "language_info": executed.metadata.language_info
    }
    page.nbformat, page.nbformat_minor = 4, 5
    nbformat.validate(page)
    return page


def one_row_of_headers(table):
    """Return the HTML of a table with the names of its index in the first row of the header."""

    def moved(found):
        start, corners, columns, names, end = found.groups()
        same = corners.count("<th>") == names.count("<th>")
        return start + names + columns + end if same else found[0]

    return INDEX_NAMES.sub(moved, CORNER.sub(r"<td \1></td>", table))


def named_alike(html, name):
    """Return HTML whose styled tables have names that begin like this, and are the same each time.

    pandas draws them at random, so pages would differ where nothing on them does.
    """
    for number, drawn in enumerate(STYLED.findall(html)):
        html = re.sub(rf"{drawn}(?![0-9a-f])", f"{name}_{number}", html)
    return html


def hide_folders(page, folders):
    """Rename the folders of the machine, which warnings like to print, in what the cells say.

    What the cells are and the pictures they draw is left alone, and so is a folder right below
    ``/``: its name tells nothing, and may be part of a formula or an address.

    Parameters
    ----------
    page : NotebookNode
    folders : dict of Path to str
        Folder -> what is shown instead.
    """
    shown = {str(folder): name for folder, name in folders.items() if len(folder.parts) > 2}
    if not shown:
        return
    innermost_first = sorted(shown, key=len, reverse=True)
    whole = re.compile(WHOLE_PATH.format("|".join(map(re.escape, innermost_first))))

    def hide(text):
        if isinstance(text, list):
            return [hide(line) for line in text]
        return whole.sub(lambda found: found[1] + shown[found[2]], text)

    outputs = [output for cell in page.cells for output in cell.get("outputs", [])]
    for part in outputs + [output.data for output in outputs if "data" in output]:
        part.update({kind: hide(part[kind]) for kind in TEXTS if kind in part})


def _plain_files(project, chapters):
    """Yield what is copied as it is, relative to ``book/``: prose, pictures, references."""
    executed = {f"{name}.md" for name in with_code(chapters)}
    for path in sorted(project.book.rglob("*")):
        relative = path.relative_to(project.book)
        hidden = any(part.startswith(".") for part in relative.parts)
        if path.is_file() and not hidden and relative.as_posix() not in executed:
            yield relative


def _checked_results(folder):
    import jsonschema  # takes two seconds to import

    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    results = {}
    for path in sorted(folder.glob("*.json")):
        content = path.read_bytes()
        errors = [
            f"  {error.json_path}: {error.message}"
            for error in validator.iter_errors(json.loads(content))
        ]
        if errors:
            listed = "\n".join(errors)
            raise PublishError(f"The results {path.name} do not fit {SCHEMA.name}:\n{listed}")
        results[Path(path.name)] = content
    return results


def _exports(folder, chapter):
    """Return the data that living figures load from the chapter, by their place in the site."""
    start = f"{chapter.rpartition('/')[2]}."
    found = folder.glob(f"{start}*.js")
    return {Path("live/data", path.name.removeprefix(start)): path.read_bytes() for path in found}


def _make_equal(folder, files):
    """Give a folder these files and no others; what is the same already stays untouched."""
    for path, content in files.items():
        write_if_changed(folder / path, content)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                shutil.rmtree(path)
        elif path.relative_to(folder) not in files:
            path.unlink()
