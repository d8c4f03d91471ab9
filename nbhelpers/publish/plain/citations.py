"""References to the literature, as text."""

import re
from collections.abc import Iterable
from pathlib import Path

from pybtex.backends.markdown import Backend as Markdown
from pybtex.backends.plaintext import Backend as PlainText
from pybtex.database import BibliographyData, Person, parse_file
from pybtex.exceptions import PybtexError
from pybtex.style.formatting.plain import Style

from nbhelpers.publish.chapters import Chapter
from nbhelpers.publish.plain.myst import elements
from nbhelpers.publish.project import PublishError


def read_bibliography(path: Path) -> BibliographyData:
    """Return the entries of a BibTeX file, or raise `PublishError` if it is not one."""
    try:
        return parse_file(str(path), bib_format="bibtex")
    except PybtexError as error:
        raise PublishError(f"{path}: {error}") from error


def author_and_year(bibliography: BibliographyData, key: str) -> tuple[str, str]:
    """Return an entry's authors in short, such as ``LeCun et al.``, and its year."""
    entry = bibliography.entries[key]
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [_last_name(person) for person in people]
    short = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
    return short or key, entry.fields.get("year", "n.d.")


def _last_name(person: Person) -> str:
    parts = [*person.rich_prelast_names, *person.rich_last_names]
    return " ".join(part.render(PlainText()) for part in parts)


def written_out(bibliography: BibliographyData, keys: Iterable[str]) -> str:
    """Return entries as a Markdown list, in the order of their authors."""
    formatted = Style().format_bibliography(bibliography, sorted(keys))
    return "\n".join(f"- {_one_line(entry.text.render(Markdown()))}" for entry in formatted)


def _one_line(text: str) -> str:
    """Join the lines of an entry and drop escapes that Markdown does not need within one."""
    return re.sub(r"\\([.:()-])", r"\1", " ".join(text.split()))


def cited(chapter: Chapter) -> set[str]:
    """Return the keys of what a chapter cites, in its text and below its figures."""
    texts = [cell.source for cell in chapter.notebook.cells if cell.cell_type != "code"]
    for cell in chapter.code_cells:
        texts.append(cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", ""))
    return {
        key.strip()
        for text in texts
        for token, _ in elements(text)
        for child in token.children or []
        if child.type == "myst_role" and child.meta["name"].startswith("cite")
        for key in child.content.split(",")
    }
