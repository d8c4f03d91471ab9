"""The reader's own texts: a table with a column of texts and a column of labels."""

import codecs
import csv
import html.entities
import itertools
import math
import os
import re
import warnings

import numpy as np

from nbhelpers import _validate
from nbhelpers.datasets._dataset import (
    Source,
    Texts,
    fingerprint,
)
from nbhelpers.datasets._places import appearance, natural_order
from nbhelpers.datasets._sources import bad_file, describe, in_home, read_bytes
from nbhelpers.errors import DatasetError

SEPARATORS = ",;\t|"
LARGEST = 2**30  # bytes
LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")  # one by one: a StringIO takes 4 bytes a letter
SEPARATOR_LINE = re.compile(r"sep=(.)(?=\r|\n)")  # by which Excel says what separates columns
MOST_LABELS = 1000  # a column with more is of numbers, names or texts, not of labels
QUOTING = {  # how a field that holds the separator or a quote is written
    "double": {"strict": True},
    "backslash": {"strict": True, "doublequote": False, "escapechar": "\\"},
    "none": {"strict": True, "quoting": csv.QUOTE_NONE},
}
SAMPLE = 1000  # rows by which the separator is found
SHOWN = 10  # lines and columns in a message
MARKS = {  # the longer first: UTF-32's begins with UTF-16's
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Proposed where UTF-8 does not fit: those of two bytes a sign first, for they fit most rarely.
ENCODINGS = {
    "gb18030": "Chinese",
    "cp932": "Japanese, Shift-JIS",
    "cp949": "Korean",
    "big5": "Chinese, traditional",
    "cp1252": "Windows, western Europe",
    "cp1251": "Windows, Cyrillic",
}
ENTITY = re.compile(r"&(?:#\d+|#x[\da-f]+|[a-z][a-z\d]*);", re.IGNORECASE)
# A tag of HTML; the line break stays, for whoever shows a text. "a <b and b> c" is none.
TAG = re.compile(
    r"<(?!br\b)/?[a-z][a-z\d]*(?:\s+[\w:-]+=(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+))*\s*/?>",
    re.IGNORECASE,
)
COMMENT = re.compile("<!--.*?-->", re.DOTALL)
# Thai, Lao, Burmese, Khmer, Japanese and Chinese letters: no spaces stand between their words.
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
SPREADSHEET = "Open it in the spreadsheet program and save it as CSV, with the encoding UTF-8."
ARCHIVE = "Unpack it first."
WRITTEN_BY = "Write it as CSV: `pandas.read_{}.to_csv('texts.csv', index=False)`."
NO_TEXT = {  # how files begin that are no text, what they are, and what to do
    b"PK\x03\x04": ("a spreadsheet or an archive, whatever its name", SPREADSHEET),
    b"\xd0\xcf\x11\xe0": ("a spreadsheet or an archive, whatever its name", SPREADSHEET),
    b"PAR1": ("a Parquet file", WRITTEN_BY.format("parquet(path)")),
    b"SQLite format 3\0": ("a database", "Write its table as CSV."),
    b"%PDF-": ("a PDF", "Look for the table that it was made of, and save that as CSV."),
    b"\x1f\x8b": ("what was zipped twice", ARCHIVE),
    b"BZh": ("an archive", ARCHIVE),
    b"\xfd7zXZ\0": ("an archive", ARCHIVE),
    b"7z\xbc\xaf\x27\x1c": ("an archive", ARCHIVE),
    b"Rar!\x1a": ("an archive", ARCHIVE),
}


def read_text_table(path, *, text="text", label="label", test_fraction=0.25, seed=0, encoding=None,
                    separator=None, quoting=None, bad_rows="raise", name=None):  # fmt: skip
    """Read texts and their labels from a CSV file, or another text file with a table.

    =========  ==================================================================
    Classes    one for each label, at least two; numbers in their order, or names
    Samples    of each class `test_fraction` to test, drawn at random
    Texts      tuple of str, as they stand in the table, but for HTML
    =========  ==================================================================

    The first row names the columns. A text that holds the separator or a line break stands in
    quotes, ``"like, this"``, and a quote within them is doubled. Labels may be anything; they are
    taken as text without spaces around it. Tags of HTML become spaces, all but ``<br>``, and
    entities such as ``&amp;`` the signs that they stand for: neither is a word.

    Rows with the same text are kept on the same side of the split, for a test with texts that were
    seen in training would measure memory. The part to test is therefore counted in different texts.

    Parameters
    ----------
    path : path-like
        The file, which may be compressed by gzip.
    text, label : str or int
        The names of the two columns; or their numbers, from 1, where the first row names none: it
        is then a row like all others.
    test_fraction : float, default=0.25
        Part of each class that is to test, rounded; at least one text stays on each side.
    seed : int, default=0
        Decides the split and the order.
    encoding : str, optional
        By default what the file's first bytes say (UTF-8, UTF-16 or UTF-32 with a mark), else
        UTF-8. Older programs on Windows write ``"cp1252"``.
    separator : str, optional
        What stands between two columns; by default what a first line such as Excel's ``sep=;``
        says, else the one of comma, semicolon, tabulator and ``|`` by which the first row holds
        both columns and most rows have as many; the first of these where several do.
    quoting : {"double", "backslash", "none"}, optional
        How a quote within a text in quotes is written: doubled, or with a backslash before it; or
        that quotes are signs like all others and every line is a row. By default "double", and a
        table is refused in which a quote seems to be open by accident until a later row.
    bad_rows : {"raise", "drop"}, default="raise"
        What happens to rows without a text, without a label, or with too many or too few columns.
    name : str, optional
        What to call the data set; by default as the file.

    Returns
    -------
    Texts
        ``source.kind`` is "own copy", and ``source.comparable`` is False.

    Warns
    -----
    UserWarning
        If the same text carries different labels, labels look alike, differ only in capitals or in
        how a number is written, or the texts are of a language that is written without spaces.

    Raises
    ------
    DatasetError
        If there is no such file, it is no such table, a byte cannot be read by the encoding, there
        are rows without text or label, a class has too few texts, or there are more than 1,000
        labels. The message says where.
    """
    path = in_home(path).absolute()
    _validate.fraction("test_fraction", test_fraction, error=DatasetError)
    _validate.choice("bad_rows", bad_rows, ("raise", "drop"), error=DatasetError)
    if quoting is not None:
        _validate.choice("quoting", quoting, tuple(QUOTING), error=DatasetError)
    _validate.whole("seed", seed, 0, error=DatasetError)
    _check_columns(text, label)
    content = _decoded(path, encoding)
    if said := SEPARATOR_LINE.match(content):
        separator = separator or said[1]
        content = content[said.end() :]  # the end of the line stays, and so do the lines' numbers
    separator = _separator(path, content, (text, label), separator)
    form = {"delimiter": separator, **QUOTING[quoting or "double"]}
    rows = _rows(path, content, form)
    texts, labels, lines, dropped = _columns(path, rows, (text, label), bad_rows)
    if quoting is None:
        _check_open_quotes(path, content, separator, (text, label), labels, lines)
    del content, rows  # as large as the file, and the texts are another copy of it
    _warn_of_no_spaces(path, texts)
    names = _label_names(path, labels)
    index = {one: k for k, one in enumerate(names)}
    y = np.array([index[one] for one in labels], np.int64)
    rng = np.random.default_rng(seed)
    to_test = _split(path, texts, y, names, test_fraction, rng)
    order = rng.permutation(len(texts))
    sides = []
    for chosen in (order[~to_test[order]], order[to_test[order]]):
        sides += [tuple(texts[k] for k in chosen), y[chosen]]
    detail = f"{len(texts):,} texts with {len(names)} different labels from the table {path.name}"
    if dropped:
        detail += f"; left out: {dropped} rows without text, label or the right columns"
    source = Source("own copy", detail, fingerprint(*sides), False)
    return Texts(name or path.name, *sides, tuple(names), source)


def _decoded(path, encoding):
    """Return the file's content as text, its byte order mark taken away."""
    expected = "a table as text, such as a CSV file"
    if not os.path.isfile(path):
        raise bad_file(path, describe(path), expected, "Correct the path.")
    data = read_bytes(path, expected, LARGEST)
    if not data.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"):
        raise bad_file(path, "an empty file", expected)
    if len(data) > LARGEST:
        found = f"more than {LARGEST:,} bytes"
        raise bad_file(path, found, "a table that fits into memory", "Take a part of the rows.")
    for start, (found, advice) in NO_TEXT.items():
        if data.startswith(start):
            raise bad_file(path, found, expected, advice)
    if data[:512].lstrip().lower().startswith((b"<!doctype", b"<html")):
        raise bad_file(path, describe(path), expected)
    marked = next((found for mark, found in MARKS.items() if data.startswith(mark)), None)
    try:
        content = data.decode(encoding or marked or "utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise _undecodable(path, data, error, encoding) from None
    except (LookupError, TypeError, ValueError):  # no encoding, or none of texts
        known = '"utf-8", "cp1252" (Windows), "utf-16", "mac_roman", "shift_jis" or the like'
        raise DatasetError(f"encoding is {encoding!r}; expected {known}.") from None
    if "\0" in content:
        line = content.count("\n", 0, content.index("\0")) + 1
        found = f"a NUL character in line {line}"
        advice = 'If every second byte is one, pass encoding="utf-16-le"; else make the file anew.'
        raise bad_file(path, found, "text", advice)
    return content


def _undecodable(path, data, error, encoding):
    """Return the error that says which byte of which line cannot be read, and what to pass."""
    line = data.count(b"\n", 0, error.start) + 1
    start = data.rfind(b"\n", 0, error.start) + 1
    place = f"byte 0x{data[error.start]:02x} in line {line} (its byte {error.start - start + 1})"
    found = f"{place}, which {error.encoding} cannot read"
    advice = f"Save the file as UTF-8, or pass another encoding than {encoding!r}."
    if encoding is None:
        fitting = "; ".join(_fitting(data, start, error.start)) or "none that is known here"
        advice = "Save the file as UTF-8, or say how it was written. What fits all its bytes, and "
        advice += f"would read there: {fitting}."
    return bad_file(path, found, f"text in the encoding {error.encoding}", advice)


def _fitting(data, start, at):
    """Yield the encodings in which all of a file can be read, and what they give of one line."""
    line = data[start:].split(b"\n", 1)[0]
    for encoding, meant in ENCODINGS.items():
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        before = len(data[start:at].decode(encoding, errors="ignore"))
        shown = line.decode(encoding)[max(before - 12, 0) : before + 12].strip()
        yield f'encoding="{encoding}" ({meant}), "{shown}"'


def _check_columns(text, label):
    """Refuse columns that are neither two names nor two numbers from 1."""
    both = (text, label)
    named = all(isinstance(one, str) for one in both)
    numbered = all(type(one) is int and one > 0 for one in both)
    if not (named or numbered) or text == label:
        raise DatasetError(
            f"text is {text!r} and label is {label!r}; expected the names of two columns, or their "
            "numbers, from 1."
        )


def _places(header, columns):
    """Return where in a row the columns stand, by their names or numbers; None if they do not."""
    if isinstance(columns[0], int):
        return [n - 1 for n in columns] if max(columns) <= len(header) else None
    once = all(header.count(column) == 1 for column in columns)
    return [header.index(column) for column in columns] if once else None


def _separator(path, content, columns, separator):
    """Return the separator by which the first row holds both columns."""
    if separator is not None and (not isinstance(separator, str) or len(separator) != 1):
        raise DatasetError(f"separator is {separator!r}; expected one character.")
    tried = {one: _first_row(path, content, one) for one in separator or SEPARATORS}
    fitting = [one for one, header in tried.items() if _places(header, columns)]
    if fitting:  # several where columns have numbers, and the first text has a comma in it

        def is_even(one):
            rows = itertools.islice(_rows(path, content, {"delimiter": one}), SAMPLE)
            return sum(len(row) == len(tried[one]) for _, _, row in rows)

        return max(fitting, key=is_even)
    if content.lstrip().startswith(("{", "[")):
        advice = WRITTEN_BY.format("json(path, lines=True)")
        raise bad_file(path, "JSON", "a table with columns, such as a CSV file", advice)
    header = max(tried.values(), key=len)
    if isinstance(columns[0], int):
        found = f"{len(header)} columns in the first row"
        raise bad_file(path, found, f"{max(columns)} or more", "Correct text= and label=.")
    missing = " and ".join(repr(column) for column in columns if header.count(column) != 1)
    found = "the columns " + _some([repr(n if len(n) < 40 else n[:39] + "…") for n in header])
    advice = "Give the columns' names by text= and label=, and the separator by separator= if it "
    advice += "is another. If the table has no row of names, give the columns' numbers."
    raise bad_file(path, found, f"{missing}, once, in the first row", advice)


def _some(items):
    """Return the first of the items in words, and how many more there are."""
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return ", ".join(items[:SHOWN]) + more


def _first_row(path, content, separator):
    # Not strict: by the wrong separator, names in quotes would be an error.
    row = next(_rows(path, content, {"delimiter": separator}), (1, 1, []))[2]
    return [name.strip() for name in row]


def _rows(path, content, form):
    """Yield each row that is not empty: its first and its last line, and its fields."""
    lines = csv.reader((found[0] for found in LINE.finditer(content)), **form)
    limit = csv.field_size_limit(LARGEST)
    first = 1
    try:
        for row in lines:
            if any(field.strip() for field in row):
                yield first, lines.line_num, row
            first = lines.line_num + 1
    except csv.Error as error:
        found = f"a row that begins in line {first} and cannot be read ({error})"
        advice = "A quote that is opened must be closed; one within a text in quotes is doubled. "
        advice += 'Where a backslash stands before it instead, pass quoting="backslash"; where '
        advice += 'quotes are signs like all others, as in many tables with tabs, quoting="none".'
        raise bad_file(path, found, "fields, in quotes or without", advice) from error
    finally:
        csv.field_size_limit(limit)


def _columns(path, rows, columns, bad_rows):
    """Return texts, labels, which rows span several lines, and how many were left out."""
    first = next(rows)
    header = [name.strip() for name in first[2]]
    where = _places(header, columns)
    if isinstance(columns[0], int):
        rows = itertools.chain([first], rows)
    texts, labels, long, bad = [], [], [], []
    for line, last, row in rows:
        if len(row) != len(header):
            bad.append(f"line {line} ({len(row)} columns)")
            continue
        text, label = (row[k] for k in where)
        if text.strip() and label.strip():
            texts.append(_without_html(text))
            labels.append(label.strip())
            if last > line:
                long.append((line, last))
        else:
            bad.append(f"line {line} (no {'label' if text.strip() else 'text'})")
    if bad and bad_rows == "raise":
        advice = 'Mend these rows, or leave them out by bad_rows="drop".'
        expected = f"{len(header)} columns with a text and a label in every row"
        raise bad_file(path, _some(bad), expected, advice)
    if not texts:
        found = "no row with a text and a label below the columns' names"
        raise bad_file(path, found, "at least two texts of each of two classes", "Add some.")
    return texts, labels, long, len(bad)


def _without_html(text):
    if "<" in text:
        # Behind the last end no comment is looked for: many beginnings there would take hours.
        commented, end, rest = text.rpartition("-->")
        text = TAG.sub(" ", COMMENT.sub(" ", commented + end) + rest)
    if "&" in text:
        text = ENTITY.sub(_sign, text)
    return text


def _sign(found):
    """Return the sign that an entity stands for; what stands for none stays."""
    entity = found[0]
    known = entity[1] == "#" or entity[1:] in html.entities.html5
    return html.unescape(entity) if known else entity


def _warn_of_no_spaces(path, texts):
    """Warn where most letters are of a script that puts no spaces between words."""
    some = "".join(text[:200] for text in texts[:: len(texts) // 500 + 1])
    letters = sum(map(str.isalpha, some))
    if len(UNSPACED.findall(some)) > letters / 2:
        warnings.warn(
            f"{path}: the texts are of a language that is written without spaces between words, so "
            "a whole sentence would count as one word. Put spaces between the words first, by a "
            "program for this language, such as jieba for Chinese or fugashi for Japanese.",
            stacklevel=3,
        )


def _check_open_quotes(path, content, separator, columns, labels, lines):
    """Refuse rows of several lines whose first and last line are rows by themselves.

    Such is ``"Fine`` in one row and ``loud"`` in a later one where quotes were meant as signs: read
    as one text they would swallow the rows between them and take the last one's label.
    """
    if not lines:
        return
    form = {"delimiter": separator, **QUOTING["none"]}
    ends = {line for pair in lines for line in pair}
    alone = {first: row for first, _, row in _rows(path, content, form) if first in ends}
    header = _first_row(path, content, separator)
    where, known = _places(header, columns)[1], set(labels)

    def is_row(line):
        row = alone.get(line, ())
        return len(row) == len(header) and row[where].strip() in known

    merged = [f"{first} to {last}" for first, last in lines if is_row(first) and is_row(last)]
    if merged:
        found = f"quotes that open in one row and close in a later one: lines {_some(merged)}"
        advice = "If quotes are signs like all others here and each line is a row, pass "
        advice += 'quoting="none"; if these lines are one text each, quoting="double".'
        raise bad_file(path, found, "quotes that are closed in the row that opens them", advice)


def _label_names(path, labels):
    """Return the different labels in their order; warn of some that are probably the same."""
    names = sorted(set(labels), key=_label_order)
    if len(names) > MOST_LABELS:
        found = f"{len(names):,} different labels, such as {_some([repr(n) for n in names[:3]])}"
        expected = f"at most {MOST_LABELS:,}"
        raise bad_file(path, found, expected, "Is it the right column? Name another by label=.")
    alike = {}
    for one in names:
        alike.setdefault(_label_meaning(one), []).append(one)
    twins = [" and ".join(map(repr, group)) for group in alike.values() if len(group) > 1]
    if twins:
        warnings.warn(
            f"{path}: labels that look alike, or differ only in capitals or in how a number is "
            f"written, count as different classes: {_some(twins)}. If they mean the same, write "
            "them alike.",
            stacklevel=3,
        )
    return names


def _label_meaning(label):
    """Return what labels have in common that were probably meant as the same."""
    kind, value, *_ = _label_order(label)
    if kind == 0:
        return value
    return appearance(label)


def _label_order(label):
    try:
        number = float(label)
    except ValueError:
        number = math.nan
    return (0, number, label) if math.isfinite(number) else (1, natural_order(label))


def _split(path, texts, y, names, fraction, rng):
    """Return which rows are to test; rows with the same text stay together."""
    class_of = {}  # of each different text, the class of its first row
    for text, label in zip(texts, y, strict=True):
        class_of.setdefault(text.strip(), label)
    pairs = zip(texts, y, strict=True)
    two_labels = {text.strip() for text, label in pairs if class_of[text.strip()] != label}
    if two_labels:
        warnings.warn(
            f"{len(two_labels)} texts carry more than one label, so nothing can get all of them "
            f"right. The first: {min(two_labels)[:60]!r}.",
            stacklevel=3,
        )
    groups = [[] for _ in names]
    for text, label in class_of.items():
        groups[label].append(text)
    sizes = zip(names, map(len, groups), strict=True)
    small = [f"{name} ({size})" for name, size in sizes if size < 2]
    if len(names) < 2 or small:
        found = "too few different texts of " + _some(small)
        found = f"only the label {names[0]!r}" if len(names) < 2 else found
        expected = "at least two labels with two different texts each"
        raise bad_file(path, found, expected, "Add texts, or take these rows out.")
    to_test = set()
    for group in groups:
        n = min(max(round(fraction * len(group)), 1), len(group) - 1)
        to_test |= {group[k] for k in rng.permutation(len(group))[:n]}
    return np.array([text.strip() in to_test for text in texts])
