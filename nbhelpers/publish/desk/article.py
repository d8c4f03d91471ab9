"""What a page says, for paper and e-readers: its article, with all answers at the end."""

import copy

from bs4 import BeautifulSoup, Tag

from nbhelpers.publish.desk.pages import Book

SCREEN_ONLY = (
    "script, style, template, noscript, button, .headerlink, .figure-download, .table-filter, "
    ".living-figure, picture source"
)


def article(book: Book, path: str) -> Tag:
    """Return a page's article without what is of use on a screen only.

    Solutions of exercises, and explanations of a quiz, follow at the end under a heading.
    """
    soup = book.parsed(path)
    found = soup.select_one("main article")
    for each in found.select(SCREEN_ONLY):
        each.extract()
    _name_once(found)
    answers = [solution.extract() for solution in found.select(".solution")]
    answers += [_answers(quiz, soup) for quiz in found.select(".quiz")]
    if answers:
        heading = _made(soup, "h2", "Solutions and answers")
        section = _made(soup, "section", heading, *answers)
        section["id"] = "solutions-and-answers"
        (found.find("section") or found).append(section)
    return found


def _name_once(found: Tag) -> None:
    """Take names away that another element has already: sphinx-exercise gives all the same."""
    taken = set()
    for each in found.select("[id]"):
        if each["id"] in taken:
            del each["id"]
        else:
            taken.add(each["id"])


def _answers(quiz: Tag, soup: BeautifulSoup) -> Tag:
    """Turn a quiz into a question with lettered choices; return the same with explanations."""
    question = [copy.copy(part) for part in quiz.legend.contents]
    explained = []
    for choice in quiz.select(".quiz-choice"):
        for mark in choice.select("input, .quiz-letter"):
            mark.extract()  # the list's letters take their place
        why = choice.select_one(".quiz-answer").extract().select_one(":scope > :not(summary)")
        said = _without_names(choice.label).contents
        explained.append(_made(soup, "li", *said, _made(soup, "br"), *list(why.contents)))
        choice.label.name, choice.name = "span", "li"
    choices = _made(soup, "ol", *[choice.extract() for choice in quiz.select(".quiz-choice")])
    quiz.legend.name = "p"
    quiz.name = "div"
    quiz.append(choices)
    answers = _made(soup, "p", _made(soup, "strong", *question))
    reasons = _made(soup, "ol", *explained)
    choices["type"] = reasons["type"] = "A"
    return _made(soup, "div", answers, reasons)


def _without_names(tag: Tag) -> Tag:
    copied = copy.copy(tag)
    for each in copied.select("[id]"):
        del each["id"]
    return copied


def _made(soup: BeautifulSoup, name: str, *children) -> Tag:
    made = soup.new_tag(name)
    made.extend(list(children))
    return made
