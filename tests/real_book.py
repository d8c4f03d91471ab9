"""The chapters, read once in each process that tests: reading them takes a second."""

from pathlib import Path

from nbhelpers.publish.chapters import read_book

ROOT = Path(__file__).parents[1]
BOOK = read_book(ROOT / "book")  # a test changes none of it
