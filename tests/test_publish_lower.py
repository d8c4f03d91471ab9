"""Chapters as plain Markdown: what each piece of MyST becomes, and what is refused."""

import re
from pathlib import Path

import nbformat
import pytest
from sphinx.util.nodes import _make_id

from nbhelpers.publish.__main__ import main
from nbhelpers.publish.chapters import read_book
from nbhelpers.publish.plain.labels import Target, label_of_word
from nbhelpers.publish.plain.myst import elements
from nbhelpers.publish.plain.notebooks import check_notebooks, plain_notebook, write_notebooks
from nbhelpers.publish.plain.references import Book
from nbhelpers.publish.project import Project, PublishError, repository_url

ROOT = Path(__file__).parents[1]
HEADER = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
nbhelpers:
  quick: {}
---
"""
CODE = """
```{code-cell} ipython3
:tags: [parameters]
n = 1
```

```{code-cell} ipython3
:tags: [nbval-check-output]
n
```
"""
TOC = """\
format: jb-book
root: index
parts:
  - caption: Networks
    numbered: 1
    chapters:
      - file: networks/other
      - file: networks/here
"""
OTHER = """\
(ch-other)=
# The other chapter

$$
a = b
$$ (eq-other)
"""
REFERENCES = """\
@article{two, author={Ada B{\\"a}r and Carl Du}, title={A title}, journal={J}, year={2001}}
@article{three, author={Eva Fox and Ada B and Carl D}, title={T}, journal={J}, year={2002}}
"""
GLOSSARY = """\
# Front page

```{glossary}
Logit
  What goes into softmax.

```
"""
PAGES = "https://owner.github.io/name/"
WORD = f"{PAGES}index.html#term-Logit"


@pytest.fixture
def project(tmp_path):
    """Return a book of two chapters; `lowered` fills the second."""
    (tmp_path / "book/networks").mkdir(parents=True)
    (tmp_path / "_config.yml").write_text("title: Toy\n")
    (tmp_path / "_toc.yml").write_text(TOC)
    (tmp_path / "README.md").write_text("# Toy\n<!-- badges -->\nold\n<!-- /badges -->\nend\n")
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "toy"\nversion = "1.2.3"\n[project.urls]\nRepository = "https://github.com/owner/name"\n'
    )
    (tmp_path / "book/index.md").write_text(GLOSSARY, "utf-8")
    (tmp_path / "book/references.bib").write_text(REFERENCES)
    (tmp_path / "book/networks/other.md").write_text(HEADER + OTHER + CODE)
    (tmp_path / "book/networks/here.md").write_text(HEADER + "# Here\n" + CODE)
    return Project.at(tmp_path)


@pytest.fixture
def lowered(project):
    """Give a function: text of a chapter -> its notebook in plain Markdown."""

    def lower(text):
        path = project.book / "networks/here.md"
        path.write_text(f"{HEADER}(ch-here)=\n# Here\n\n{text}\n{CODE}", "utf-8")
        toc = project.root / "_toc.yml"
        chapters = read_book(project.book)
        book = Book(chapters, project.book, toc, project.root)
        return plain_notebook(book, "networks/here")

    return lower


def prose(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


FIGURE = """
```{code-cell} ipython3
---
mystnb:
  figure: {caption: "The *best* of {numref}`fig-a`.", name: fig-a}
  image: {alt: Something to see.}
---
1
```
"""
EXERCISE = """
```{exercise-start} pencil · by hand
:label: ex-a
```
How many?
```{exercise-end}
```

```{solution-start} ex-a
:class: dropdown
```
Two.
```{solution-end}
```

See {ref}`ex-a`.

## References
"""


QUIZ = """
:::{quiz} Where is {eq}`eq-other` at $z$ largest?
- [ ] $z = 1$ -- Not {ref}`there <ch-other>`.
- [x] $z = 0$ -- Its slope is
  largest here.
:::
"""
QUIZ_PLAIN = f"""
**Where is [Equation 1.1]({PAGES}networks/other.html#equation-eq-other) at $z$ largest?**

- **A** $z = 1$

  <details>
  <summary>Is A right?</summary>

  **Wrong:** Not [there]({PAGES}networks/other.html#ch-other).

  </details>

- **B** $z = 0$

  <details>
  <summary>Is B right?</summary>

  **Right:** Its slope is largest here.

  </details>
"""


@pytest.mark.parametrize(
    ("myst", "plain"),
    [
        ("```{note}\nMind {ref}`ch-other`.\n```", "> **Note**\n>\n> Mind [The other chapter]("),
        (":::{admonition} A *title*\nBody\n:::", "> **A *title***\n>\n> Body"),
        ("::::{note}\n:::{tip}\nInner\n:::\n::::", "> **Note**\n>\n> > **Tip**\n> >\n> > Inner"),
        (":::{seealso} {doc}`other`\n:::", "> **See also**\n>\n> [The other chapter]("),
        (
            "```{dropdown} Is $a_1$ < 2?\nNo.\n```",
            "<summary><b>Is $a_1$ &lt; 2?</b></summary>\n\nNo.",
        ),
        ("$$\nx\n$$ (eq-x)\n\nBy {eq}`eq-x`.", "$$\nx \\tag{2.1}\n$$\n\nBy Equation 2.1."),
        ("```{math}\n:label: eq-y\ny\n```", "$$\ny \\tag{2.1}\n$$"),
        ("By {eq}`eq-other`.", f"[Equation 1.1]({PAGES}networks/other.html#equation-eq-other)"),
        ("By {ref}`here <ch-other>`.", f"[here]({PAGES}networks/other.html#ch-other)"),
        ("{cite}`two,three`", "[Bär and Du, 2001; Fox et al., 2002]"),
        ("{cite:t}`three`", "Fox et al. [2002]"),
        ("{math}`a^2`", "$a^2$"),
        ("[x](../index.md)", f"[x]({PAGES}index.html)"),
        ("[x](https://a.org/b)", "[x](https://a.org/b)"),
        ("| a | b |\n|---|---|\n| {eq}`eq-other` | c |", "| [Equation 1.1]("),
        ("- item\n\n  ```{tip}\n  Inner\n  ```", "  > **Tip**\n  >\n  > Inner"),
        ("A role\n{ref}`over\nlines <ch-other>` ends", "[over lines]("),
        ("% nobody reads this\n\nText", "\n\nText"),
        ("(label)=\n## Section\n\nSee {ref}`label`.", "## Section\n\nSee Section."),
        ("`{ref}` and `` {eq}`x` `` stay", "`{ref}` and `` {eq}`x` `` stay"),
        ("```python\n{ref}`x`\n```", "```python\n{ref}`x`\n```"),
        (FIGURE, "**Figure 2.1.** The *best* of Figure 2.1."),
        (FIGURE + "\nSee {numref}`Fig. %s <fig-a>`.", "See Fig. 2.1."),
        (EXERCISE, "### Exercise 2.1 (pencil · by hand)\nHow many?\n\n*Write your answer into"),
        (EXERCISE, "## Solutions\n\n### Solution of exercise 2.1\nTwo.\n\n## References"),
        (EXERCISE, "See Exercise 2.1."),
        ("A {term}`LOGIT`, {term}`two <logit>`.", f"A [LOGIT]({WORD}), [two]({WORD})."),
        ("```{glossary}\nbias\n  A {term}`logit`.\n```", f"- **bias**:\n  A [logit]({WORD})."),
        (QUIZ, QUIZ_PLAIN),
        (QUIZ.replace("[ ]", "[x]"), "largest?** (several are right)"),
        (
            "{cite}`two`\n\n```{bibliography}\n:filter: docname in docnames\n```",
            "- Ada Bär and Carl Du. A title. *J*, 2001.",
        ),
    ],
)
def test_myst_becomes_markdown(lowered, myst, plain):
    text = prose(lowered(myst))
    assert re.sub(r"\n\n+", "\n\n", plain).strip() in re.sub(r"\n\n+", "\n\n", text)


@pytest.mark.parametrize(
    ("myst", "complaint"),
    [
        ("```{tabs}\nx\n```", r"here\.md:16: found the directive 'tabs'"),
        ("One\ntwo {abbr}`x`.", r"here\.md:17: found the role 'abbr'"),
        ("A {term}`stranger`.", "found the label 'term stranger'; expected the label of a term"),
        ("```{note}\n\nx {eq}`eq-none`\n```", r"here\.md:18: found the label 'eq-none'"),
        ("See {numref}`ch-other`.", "found the label 'ch-other'"),
        ("{cite}`nobody`", "found a citation of 'nobody'"),
        ("{doc}`nowhere`", "found the page 'nowhere'"),
        ("![x](none.png)", "found the file 'none.png'"),
        ("Term\n: definition", "a definition list"),
        ("```{exercise-start}\n```\nx\n```{exercise-end}\n```", "found the label ''"),
        (
            ":::{quiz} Q\n- [ ] a -- No.\n\n- [x] b, see\n  below\n:::",
            r"here\.md:19: found 'b, see below', which explains nothing",
        ),
        (":::{quiz} Q\n- [ ] a -- {ref}`none`\n- [x] b -- Yes.\n:::", r"here\.md:17: .*'none'"),
        (":::{living-figure} toy\n:figure: fig-none\n:::", r"here\.md:16: .*'fig-none'"),
    ],
)
def test_what_is_unknown_is_refused_with_its_line(lowered, myst, complaint):
    with pytest.raises(PublishError, match=complaint):
        lowered(myst)


WITH_CODE = """
## Exercises

```{exercise-start} pencil · by hand
:label: ex-a
```
How many?
```{exercise-end}
```

```{solution-start} ex-a
:class: dropdown
```
By code:

```{code-cell} ipython3
two = 2
```

And so on.
```{solution-end}
```

Text between.

```{exercise-start} open project · design
:label: ex-b
```
How many more?
```{exercise-end}
```

```{solution-start} ex-b
:class: dropdown
```
None.
```{solution-end}
```

## Quiz

Text.

(label)=
## References

Works.
"""


def answer_cell(label):
    return (
        "from nbhelpers import checks\n\nanswer = ...  # yours, in place of the dots\n"
        f'checks.check("{label}", answer)'
    )


def test_answers_stand_before_the_solutions_and_these_at_the_end(lowered):
    parts = [cell.source for cell in lowered(WITH_CODE).cells]
    below = "*Write your answer into the cell below and run it.*"
    at_the_end = f"{below} *The solution stands at the end of this notebook.*"
    assert parts[2:-2] == [
        f"### Exercise 2.1 (pencil · by hand)\nHow many?\n\n{at_the_end}",
        answer_cell("ex-a"),
        "Text between.",
        f"### Exercise 2.2 (open project · design)\nHow many more?\n\n{at_the_end}",
        answer_cell("ex-b"),
        "## Quiz\n\nText.",
        "## Solutions",
        "### Solution of exercise 2.1\nBy code:",
        "two = 2",
        "And so on.",
        "### Solution of exercise 2.2\nNone.",
        "## References\n\nWorks.",
    ]


def test_a_class_gets_the_same_without_the_solutions(lowered, project):
    whole = [cell.source for cell in lowered(WITH_CODE).cells]
    book = Book(read_book(project.book), project.book, project.root / "_toc.yml", project.root)
    students = [cell.source for cell in plain_notebook(book, "networks/here", False).cells]
    start, end = whole.index("## Solutions"), whole.index("## References\n\nWorks.")
    gone = " *The solution stands at the end of this notebook.*"
    assert students == [part.replace(gone, "") for part in whole[:start] + whole[end:]]


@pytest.mark.parametrize("word", ["Logit", "log-likelihood (é)", "F1 score", "k-fold, stratified"])
def test_a_word_of_the_glossary_is_where_sphinx_puts_it(word):
    target = Target("term", "words", label_of_word(word), title=word)
    assert target.address == f"words.html#{_make_id(f'term-{word}')}"


def test_a_label_that_exists_twice_is_refused(lowered):
    with pytest.raises(PublishError, match="'ch-other' exists twice"):
        lowered("(ch-other)=\n## Again")


def test_the_first_cell_installs_a_release_of_the_package_from_this_repository(lowered):
    first = lowered("").cells[0]
    assert "%pip install" in first.source
    assert '"nbhelpers @ git+https://github.com/owner/name@v1.2.3"' in first.source


def test_parameters_stay_and_ids_are_the_same_every_time(lowered):
    one, two = lowered("Text"), lowered("Text")
    assert [cell.source for cell in one.cells if "parameters" in cell.metadata.get("tags", [])] == [
        "n = 1"
    ]
    assert nbformat.writes(one) == nbformat.writes(two)


def test_writing_removes_what_is_stale_and_check_says_what_is_out_of_step(project, capsys):
    stale = project.root / "notebooks/networks/gone.ipynb"
    stale.parent.mkdir(parents=True)
    stale.write_text("{}")
    changed = ["README.md", *(f"notebooks/networks/{n}.ipynb" for n in ("gone", "here", "other"))]
    command = ["--root", str(project.root), "notebooks"]
    assert main([*command, "--check"]) == 1
    complaint = capsys.readouterr().err
    assert all(name in complaint for name in changed)
    assert write_notebooks(project) == changed
    assert not stale.exists()
    assert "owner/name" in (project.root / "README.md").read_text()
    assert main([*command, "--check"]) == 0


def test_a_readers_notebooks_are_kept_and_what_is_missing_is_copied(project, capsys):
    write_notebooks(project)
    command = ["--root", str(project.root), "my-notebooks"]
    here, other = (project.root / f"my-notebooks/networks/{n}.ipynb" for n in ("here", "other"))
    assert main(command) == 0
    assert here.read_bytes() == (project.root / "notebooks/networks/here.ipynb").read_bytes()
    mine = nbformat.read(here, as_version=4)
    mine.cells[-1].source = "n + 1"
    nbformat.write(mine, here)
    before = here.read_bytes()
    other.unlink()
    capsys.readouterr()
    assert main(command) == 0
    assert here.read_bytes() == before
    assert other.exists()
    said = capsys.readouterr().out
    assert "my-notebooks/networks/here.ipynb is kept" in said
    assert "other.ipynb" not in said
    here.write_text("{ not a notebook")
    assert main(command) == 0
    assert here.read_text() == "{ not a notebook"


def test_only_chapters_with_keras_import_it_in_the_first_cell(lowered):
    assert "import keras" not in lowered("").cells[0].source
    code = "```{code-cell} ipython3\nfrom keras import layers\n```"
    assert "import keras" in lowered(code).cells[0].source


# The real book --------------------------------------------------------------------------------


def test_committed_notebooks_are_in_step_with_the_book():
    check_notebooks(Project.at(ROOT))


@pytest.mark.parametrize(
    "path", sorted((ROOT / "notebooks").rglob("*.ipynb")), ids=lambda p: p.stem
)
def test_committed_notebooks_are_valid_and_hold_no_myst_and_no_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert not [
        cell for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")
    ]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for token, found in elements(cell.source):
                assert found is None, cell.source
                assert token.type not in ("myst_target", "math_block_label"), cell.source
                roles = [child for child in token.children or [] if child.type == "myst_role"]
                assert roles == [], cell.source


def test_the_address_of_the_repository_stands_in_one_place():
    slug = repository_url(ROOT).removeprefix("https://github.com/")
    written_by_hand = [
        path
        for folder in ("book", "nbhelpers", "tests", ".github", ".ci")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    written_by_hand += [path for path in ROOT.glob("*") if path.is_file()]
    found = [path.name for path in written_by_hand if slug.encode() in path.read_bytes()]
    assert sorted(found) == ["README.md", "pyproject.toml"]
    readme = re.sub(
        r"<!-- badges -->.*<!-- /badges -->", "", (ROOT / "README.md").read_text(), flags=re.DOTALL
    )
    assert slug not in readme
