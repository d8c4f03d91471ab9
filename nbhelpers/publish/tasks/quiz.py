"""Sphinx extension: the directive ``{quiz}`` as a form that can be read and used without a script.

`book/_static/quiz.js` opens the explanation of what is chosen, and remembers it.
"""

from string import ascii_uppercase

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from nbhelpers.publish.keys import digest
from nbhelpers.publish.plain.quiz import SEVERAL, Choice, QuizError, read_choices, several_are_right


class Tag(nodes.General, nodes.TextElement):
    """An HTML element: its name is ``["tag"]``, its attributes are ``["html"]``."""


def _tag(name: str, attributes: dict, *children: nodes.Node) -> Tag:
    return Tag("", "", *children, tag=name, html=attributes)


def _open(translator, node: Tag) -> None:
    translator.body.append(translator.starttag(node, node["tag"], "", **node["html"]))


def _close(translator, node: Tag) -> None:
    if node["tag"] != "input":  # which has no content
        translator.body.append(f"</{node['tag']}>")


class Quiz(SphinxDirective):
    """A question on its first line, and its choices as `read_choices` reads them."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        """Return the form, or nothing and a warning, which ends the build, if it is malformed."""
        try:
            choices = read_choices("\n".join(self.content))
        except QuizError as error:
            where = (self.env.docname, self._line(error.line))
            logging.getLogger(__name__).warning(f"quiz: {error}", location=where)
            return []
        name = f"quiz-{self.env.new_serialno('quiz') + 1}"
        several = several_are_right(choices)
        kind, hint = ("checkbox", [nodes.emphasis("", f" {SEVERAL}")]) if several else ("radio", [])
        question = _tag("legend", {}, *self._inline(self.arguments[0], self.lineno), *hint)
        lettered = zip(ascii_uppercase, choices, strict=False)
        shown = [self._choice(choice, name, letter, kind) for letter, choice in lettered]
        # Answers are remembered for these very words: a question that was changed is a new one.
        key = digest([self.arguments[0], [choice.text for choice in choices]])[:8]
        about = {"class": "quiz", "ids": [name], "data-key": key}
        return [_tag("fieldset", about, question, *shown)]

    def _choice(self, choice: Choice, name: str, letter: str, kind: str) -> Tag:
        line = self._line(choice.line)
        field = _tag("input", {"type": kind, "name": name, "value": letter})
        mark = _tag("span", {"class": "quiz-letter"}, nodes.Text(letter))
        text = _tag("span", {}, *self._inline(choice.text, line))
        verdict = nodes.strong("", "Right: " if choice.right else "Wrong: ")
        explanation = _tag("div", {}, verdict, *self._inline(choice.explanation, line))
        summary = _tag("summary", {}, nodes.Text(f"Is {letter} right?"))
        answer = _tag("details", {"class": "quiz-answer"}, summary, explanation)
        about = {"class": "quiz-choice"} | ({"data-right": ""} if choice.right else {})
        return _tag("div", about, _tag("label", {}, field, mark, nodes.Text(" "), text), answer)

    def _line(self, below: int) -> int:
        return self.lineno + 1 + self.content_offset + below

    def _inline(self, text: str, line: int) -> list[nodes.Node]:
        found, messages = self.state.inline_text(text, line)
        return [*found, *messages]


def setup(app):
    """Make the directive known, and how its nodes are written."""
    app.add_directive("quiz", Quiz)
    app.add_node(Tag, html=(_open, _close))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
