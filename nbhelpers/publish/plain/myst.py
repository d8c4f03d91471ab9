"""What MyST Markdown adds to Markdown, found by the parsers that MyST itself uses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin
from mdit_py_plugins.myst_role import myst_role_plugin
from mdit_py_plugins.myst_role.index import myst_role

ADMONITIONS = ("note", "tip", "important", "warning", "seealso", "admonition")
PROSE = (*ADMONITIONS, "dropdown", "quiz")  # their bodies are Markdown again


@dataclass(frozen=True)
class Directive:
    """A fence such as ```` ```{note} ````.

    Attributes
    ----------
    name, argument : str
        What stands on its first line, in and after the braces.
    options : dict
    body : str
    offset : int
        Lines between the first line and the body's first.
    """

    name: str
    argument: str
    options: dict
    body: str
    offset: int


def tokens(text: str) -> list[Token]:
    """Return the tokens of MyST Markdown; a role's ``meta["span"]`` says where it stands."""
    return PARSER.parse(text)


def directive(token: Token) -> Directive | None:
    """Return the directive that a token is, or None if it is something else."""
    match = re.match(r"\{([\w:-]+)\}\s*(.*)", token.info.strip())
    if token.type not in ("fence", "colon_fence") or not match:
        return None
    options, body = _options(token.content)
    offset = 1 + token.content.count("\n") - body.count("\n")
    return Directive(match[1], match[2].strip(), options, body.rstrip("\n"), offset)


def elements(text: str) -> Iterator[tuple[Token, Directive | None]]:
    """Yield every token of a text in order, with those within notes and the like."""
    for token in tokens(text):
        found = directive(token)
        yield token, found
        if found and found.name in PROSE:
            yield from elements(found.body)


def _options(content: str) -> tuple[dict, str]:
    """Split a directive's content into its options and its body."""
    block = re.match(r"---\n(.*?)^---\n", content, re.DOTALL | re.MULTILINE)
    if block:
        return yaml.safe_load(block[1]) or {}, content[block.end() :]
    short = re.match(r"(?::[\w-]+:.*\n)*", content)
    pairs = re.findall(r"^:([\w-]+):(.*)", short[0], re.MULTILINE)
    return {key: value.strip() for key, value in pairs}, content[short.end() :]


def _role_with_span(state: StateInline, silent: bool) -> bool:
    start = state.pos
    found = myst_role(state, silent)
    if found and not silent:
        state.tokens[-1].meta["span"] = (start, state.pos)
    return found


PARSER = (
    MarkdownIt("commonmark")
    .enable("table")
    .use(myst_block_plugin)
    .use(myst_role_plugin)
    .use(dollarmath_plugin, double_inline=True)
    .use(colon_fence_plugin)
    .use(deflist_plugin)
)
PARSER.inline.ruler.at("myst_role", _role_with_span)
