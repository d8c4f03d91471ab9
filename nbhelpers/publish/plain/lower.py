"""Say in plain Markdown what a text says in MyST, for tools that know no MyST.

`ROLES` and `DIRECTIVES` list what is known of MyST: each function takes the page, what was found
and its line, and returns Markdown.
"""

import re
from string import ascii_uppercase
from textwrap import indent

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from nbhelpers.publish.plain.exercises import (
    ANSWER,
    AT_THE_END,
    EXERCISE,
    INVITATION,
    SOLUTION,
    SOLVED,
    mark,
)
from nbhelpers.publish.plain.labels import label_of_word
from nbhelpers.publish.plain.myst import ADMONITIONS, Directive, directive, tokens
from nbhelpers.publish.plain.quiz import SEVERAL, QuizError, read_choices, several_are_right
from nbhelpers.publish.plain.references import Page


def lower(page: Page, text: str, first: int) -> str:
    """Return MyST as plain Markdown; `first` is the line of the source where it begins."""
    lines = text.split("\n")
    replaced = {}  # first line -> (line after the last, what stands there instead)
    for token in tokens(text):
        line = first + token.map[0] if token.map else first
        found = directive(token)
        if token.type == "inline":
            _lower_inline(page, token, lines, line)
        elif found:
            lowered = _known(DIRECTIVES, "directive", found.name, page, line)(page, found, line)
            replaced[token.map[0]] = (token.map[1], lowered)
        elif token.type == "math_block_label":
            equation = _equation(page, token.content, token.info, line)
            replaced[token.map[0]] = (token.map[1], equation)
        elif token.type in ("myst_target", "myst_line_comment"):
            replaced[token.map[0]] = (token.map[1], "")
        elif token.type == "dl_open":
            raise page.error(line, "a definition list, which notebooks cannot show")
    return _with_replaced(lines, replaced)


def _known(handlers, kind, name, page, line):
    if name not in handlers:
        raise page.error(line, f"the {kind} {name!r}", ", ".join(sorted(handlers)))
    return handlers[name]


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


# Directives ---------------------------------------------------------------------------------


def _body(page: Page, found: Directive, line: int) -> str:
    return lower(page, found.body, line + found.offset).strip()


def _admonition(page: Page, found: Directive, line: int) -> str:
    heading, first = found.name.capitalize(), found.argument
    if found.name == "admonition":
        heading, first = found.argument, ""
    elif found.name == "seealso":
        heading = "See also"
    body = lower(page, f"{first}\n{found.body}" if first else found.body, line + found.offset)
    text = f"**{heading}**\n\n{body}".strip()
    return "\n".join(f"> {row}".rstrip() for row in text.split("\n"))


def _dropdown(page: Page, found: Directive, line: int) -> str:
    summary = INLINE_HTML.renderInline(lower(page, found.argument, line))
    body = _body(page, found, line)
    return f"<details>\n<summary><b>{summary}</b></summary>\n\n{body}\n\n</details>"


def _quiz(page: Page, found: Directive, line: int) -> str:
    first = line + found.offset
    try:
        choices = read_choices(found.body)
    except QuizError as error:
        raise page.error(first + error.line, error.found, error.expected) from None
    hint = f" {SEVERAL}" if several_are_right(choices) else ""
    rows = [f"**{lower(page, found.argument, line)}**{hint}"]
    for letter, choice in zip(ascii_uppercase, choices, strict=False):
        text, explanation = (
            lower(page, part, first + choice.line) for part in (choice.text, choice.explanation)
        )
        verdict = "Right" if choice.right else "Wrong"
        answer = f"<details>\n<summary>Is {letter} right?</summary>\n\n**{verdict}:** {explanation}"
        rows.append(f"- **{letter}** {text}\n\n{indent(answer, '  ')}\n\n  </details>")
    return "\n\n".join(rows)


def _exercise(page: Page, found: Directive, line: int) -> str:
    number = page.target(found.options.get("label", ""), line, ("exercise",)).number
    subject = f" ({lower(page, found.argument, line)})" if found.argument else ""
    begins = mark(EXERCISE, found.options["label"])
    return f"{begins}\n### Exercise {number}{subject}\n\n{_body(page, found, line)}".strip()


def _exercise_end(page: Page, found: Directive, line: int) -> str:
    return f"\n{INVITATION}{AT_THE_END}\n{mark(ANSWER)}"


def _solution(page: Page, found: Directive, line: int) -> str:
    number = page.target(found.argument, line, ("exercise",)).number
    begins = mark(SOLUTION, found.argument)
    return f"{begins}\n### Solution of exercise {number}\n\n{_body(page, found, line)}".strip()


def _solution_end(page: Page, found: Directive, line: int) -> str:
    return mark(SOLVED)


def _math(page: Page, found: Directive, line: int) -> str:
    return _equation(page, found.body, found.options.get("label"), line)


def _equation(page: Page, latex: str, label: str | None, line: int) -> str:
    tag = f" \\tag{{{page.target(label, line, ('equation',)).number}}}" if label else ""
    return f"$$\n{latex.strip()}{tag}\n$$"


def _image(page: Page, found: Directive, line: int) -> str:
    return f"![{found.options.get('alt', '')}]({page.file_address(found.argument, line)})"


def _figure(page: Page, found: Directive, line: int) -> str:
    below = caption(page, found.options.get("name", ""), found.body, line + found.offset)
    return f"{_image(page, found, line)}\n\n{below}"


def caption(page: Page, name: str, text: str, line: int) -> str:
    """Return what stands below the figure of this name: its number and a text in MyST."""
    return f"**{page.target(name, line, ('figure',)).text}.** {lower(page, text, line)}"


def _living_figure(page: Page, found: Directive, line: int) -> str:
    target = page.target(found.options.get("figure", ""), line, ("figure",))
    address = f"{page.book.pages}{target.address}"
    return f"*In the book, {target.text} can be [played with]({address}).*"


def _bibliography(page: Page, found: Directive, line: int) -> str:
    return page.bibliography()


def _glossary(page: Page, found: Directive, line: int) -> str:
    """Return words and definitions as a list; a definition is indented already."""
    listed = re.sub(r"^(\S.*)$", r"- **\1**:", found.body, flags=re.MULTILINE)
    return lower(page, listed, line + found.offset)


DIRECTIVES = dict.fromkeys(ADMONITIONS, _admonition) | {
    "bibliography": _bibliography,
    "dropdown": _dropdown,
    "exercise-end": _exercise_end,
    "exercise-start": _exercise,
    "figure": _figure,
    "glossary": _glossary,
    "image": _image,
    "living-figure": _living_figure,
    "math": _math,
    "quiz": _quiz,
    "solution-end": _solution_end,
    "solution-start": _solution,
}

# Titles of <details> are HTML; formulas stay as they are, for MathJax.
INLINE_HTML = MarkdownIt("commonmark").use(dollarmath_plugin)
INLINE_HTML.add_render_rule(
    "math_inline", lambda self, tokens, i, options, env: f"${tokens[i].content}$"
)


# Within a line ------------------------------------------------------------------------------


def _lower_inline(page: Page, token: Token, lines: list[str], line: int) -> None:
    """Replace roles and links of the book in the lines that a paragraph or cell takes."""
    text = token.content
    for child in reversed(token.children):
        if child.type == "myst_role":
            start, end = child.meta["span"]
            breaks = "\n" * text.count("\n", start, end)  # as many lines as before
            here = line + text.count("\n", 0, start)
            role = _known(ROLES, "role", child.meta["name"], page, here)
            text = text[:start] + role(page, child.content, here) + breaks + text[end:]
    for child in token.children:
        link = child.attrGet("href") or child.attrGet("src") or ""
        if link and not re.match(r"[a-z]+:", link):
            text = text.replace(f"]({link}", f"]({page.address(link, line)}", 1)
    rows = zip(token.content.split("\n"), text.split("\n"), strict=True)
    for number, (old, new) in enumerate(rows, token.map[0]):
        if old != new:
            lines[number] = lines[number].replace(old, new, 1)


def _text_and_target(content: str) -> tuple[str, str]:
    """Split the content of a role such as ``text <label>``."""
    match = re.fullmatch(r"(.*?)\s*<(.+)>", content, re.DOTALL)
    return (match[1], match[2]) if match else ("", content)


def _ref(page: Page, content: str, line: int) -> str:
    text, label = _text_and_target(content)
    target = page.target(label, line, ("section", "exercise", "figure"))
    return page.link(text or (target.title if target.kind == "figure" else target.text), target)


def _numref(page: Page, content: str, line: int) -> str:
    text, label = _text_and_target(content)
    target = page.target(label, line, ("figure",))
    text = text.replace("%s", target.number).replace("{number}", target.number)
    return page.link(text or target.text, target)


def _eq(page: Page, content: str, line: int) -> str:
    target = page.target(content, line, ("equation",))
    return page.link(target.text, target)


def _doc(page: Page, content: str, line: int) -> str:
    text, path = _text_and_target(content)
    return page.link_to_page(text, path, line)


def _term(page: Page, content: str, line: int) -> str:
    text, word = _text_and_target(content)
    return page.link(text or word, page.target(label_of_word(word), line, ("term",)))


def _cite(page: Page, content: str, line: int) -> str:
    return f"[{'; '.join(', '.join(page.citation(key, line)) for key in content.split(','))}]"


def _cite_in_text(page: Page, content: str, line: int) -> str:
    entries = (page.citation(key, line) for key in content.split(","))
    return ", ".join(f"{authors} [{year}]" for authors, year in entries)


def _formula(page: Page, content: str, line: int) -> str:
    return f"${content}$"


ROLES = {
    "cite": _cite,
    "cite:p": _cite,
    "cite:t": _cite_in_text,
    "doc": _doc,
    "eq": _eq,
    "math": _formula,
    "numref": _numref,
    "ref": _ref,
    "term": _term,
}
