"""Two builds are the same but for times, and what differs is said by name and amount."""

import sys
from pathlib import Path

from nbformat.v4 import new_code_cell, new_output

sys.path.insert(0, str(Path(__file__).with_name("campaign")))

import same


def test_results_differ_by_name_and_amount_and_never_by_times():
    one = {"runs": [{"seconds": 1.0, "epoch_seconds": [1.0], "accuracy": 0.5}], "because": "in 3 s"}
    other = {"runs": [{"seconds": 9.0, "epoch_seconds": [9], "accuracy": 0.5}], "because": "in 4 s"}
    assert list(same.differences(one, other)) == []
    other["runs"][0]["accuracy"] = 0.75
    assert list(same.differences(one, other)) == [".runs[0].accuracy: 0.5 and 0.75, by 0.25"]


def test_what_is_printed_in_pieces_is_one_and_what_libraries_say_is_nothing():
    def cell(*streams):
        outputs = [new_output("stream", name=name, text=text) for name, text in streams]
        return new_code_cell("", outputs=outputs)

    whole = same.outputs(cell(("stdout", "a\nb took 2.5 s\n")))
    assert (
        same.outputs(cell(("stdout", "a\n"), ("stderr", "GPU"), ("stdout", "b took 1 s\n")))
        == whole
    )
    assert same.outputs(cell(("stdout", "a\nc took 1 s\n"))) != whole


def test_names_that_are_drawn_are_the_same_and_what_a_table_says_is_not():
    def table(name, value, address):
        html = f'<table id="T_{name}"><td id="T_{name}_row0_col0">{value}</td></table>'
        shown = new_output("display_data", {"text/html": html, "text/plain": f"<Styler {address}>"})
        return same.outputs(new_code_cell("", outputs=[shown]))

    assert table("a1b2c", 1, "0x7f00aa11") == table("0fe42", 1, "0x7f00bb22")
    assert table("a1b2c", 1, "0x7f00aa11") != table("a1b2c", 2, "0x7f00aa11")
