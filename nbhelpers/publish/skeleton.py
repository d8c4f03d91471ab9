"""Start a chapter that builds as it is, for its author to change."""

import re

from nbhelpers.publish.project import PACKAGE, PublishError, write_if_changed

TEMPLATE = PACKAGE / "publish" / "skeleton.md"


def new_chapter(project, name, title):
    """Write a chapter with every section that a chapter has, and enter it in `_toc.yml`.

    Parameters
    ----------
    project : Project
    name : str
        Path within `book/` without ending, such as ``case-studies/orl-faces``.
    title : str

    Returns
    -------
    Path
        The new file.

    Raises
    ------
    PublishError
        If the name is not made of small letters, digits and hyphens, or is taken.
    """
    if not re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", name):
        raise PublishError(
            f"Found the name {name!r}; expected a part and a chapter in small letters, digits and "
            "hyphens, such as case-studies/orl-faces."
        )
    last = name.rpartition("/")[2]
    taken = [path for path in project.book.rglob("*.md") if path.stem == last]
    if taken:
        raise PublishError(f"There is {taken[0]} already; labels and results are named by {last}.")
    path = project.book / f"{name}.md"
    text = TEMPLATE.read_text("utf-8").replace("@name@", last).replace("@title@", title)
    write_if_changed(path, text.encode())
    toc = project.root / "_toc.yml"
    toc.write_text(_with_entry(toc.read_text("utf-8"), name), "utf-8")
    return path


def _with_entry(toc, name):
    """Return `_toc.yml`, comments and all, with a chapter at the end of its part."""
    part = name.partition("/")[0]
    lines = toc.rstrip().split("\n")
    entries = [i for i, line in enumerate(lines) if f"- file: {part}/" in line]
    if entries:
        indent = lines[entries[-1]].partition("-")[0]
        lines.insert(entries[-1] + 1, f"{indent}- file: {name}")
    else:
        caption = part.replace("-", " ").capitalize()
        lines += [f"  - caption: {caption}", "    numbered: 1", "    chapters:"]
        lines += [f"      - file: {name}"]
    return "\n".join([*lines, ""])
