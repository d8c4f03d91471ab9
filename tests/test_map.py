"""The map of the chapters: below what it needs stands each, and no arrow is drawn twice."""

import re

from nbhelpers.publish.tasks.needs import WIDE, picture, places, reduced, rows, with_lanes

NEEDS = {"a": set(), "b": {"a"}, "c": {"a"}, "d": {"a", "b", "c"}, "e": set(), "f": {"d", "e"}}


def test_an_arrow_that_others_imply_is_left_out():
    assert reduced(NEEDS) == NEEDS | {"d": {"b", "c"}}


def test_each_chapter_stands_in_the_first_row_below_all_that_it_needs():
    assert rows(NEEDS) == [["a", "e"], ["b", "c"], ["d"], ["f"]]


def test_boxes_do_not_touch_and_stand_below_one_another():
    at = places(NEEDS)
    assert len(set(at.values())) == len(NEEDS)
    assert all(at[name][1] > at[other][1] for name in NEEDS for other in NEEDS[name])


def test_an_arrow_that_passes_rows_has_a_lane_beside_their_boxes():
    ways = with_lanes(reduced(NEEDS))
    row_of = {name: number for number, row in enumerate(rows(ways)) for name in row}
    assert all(row_of[name] == row_of[other] + 1 for name in ways for other in ways[name])
    lanes = [name for name in ways if name not in NEEDS]
    assert lanes == [("e", 1), ("e", 2)]
    at = places(ways)
    for lane in lanes:
        beside = [at[name][0] for name in NEEDS if row_of[name] == row_of[lane]]
        assert all(abs(at[lane][0] - x) > WIDE / 2 for x in beside)


def test_the_picture_links_to_every_chapter_and_has_an_arrow_for_each_need():
    titles = {name: f"Title of <{name}>" for name in NEEDS}
    drawn = picture(NEEDS, titles, {name: f"{name}.html" for name in NEEDS})
    assert re.findall(r'href="(\w)\.html"', drawn) == list(NEEDS)
    assert "<a>" not in drawn
    assert "&lt;a&gt;" in drawn
    heads = drawn.count("l5 9l5 -9")
    assert heads == sum(map(len, reduced(NEEDS).values()))
