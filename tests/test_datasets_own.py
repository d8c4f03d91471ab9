"""The reader's own pictures and texts: what people have is read, and what is wrong is named."""

import bz2
import gzip
import html
import lzma
import os
import re
import struct
import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from nbhelpers import datasets
from nbhelpers.datasets import _image_folder, _pictures, read_image_folder, read_text_table
from nbhelpers.errors import DatasetError
from nbhelpers.text import tokenize

EXIF_ORIENTATION = 0x0112
WEB_PAGE = b"<!DOCTYPE html><html><body>Sign in to the network</body></html>"


@pytest.fixture(autouse=True)
def strict():
    """Make every warning that a test does not expect an error, ours and Pillow's."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def speckle(seed, height=56, width=46):
    return np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)


def save(path, pixels, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


@pytest.fixture
def people(tmp_path):
    """Return a folder with three people of four pictures each, and their pixels."""
    faces = np.array([[speckle([k, n]) for n in range(4)] for k in range(3)])
    for k, person in enumerate(["s1", "s2", "s10"]):
        for n, name in enumerate(["1.png", "2.png", "9.png", "10.png"]):
            save(tmp_path / "faces" / person / name, faces[k, n])
    return tmp_path / "faces", faces


def refused(read, path, culprit=None, **arguments):
    """Read what must be refused; return the message, which has all four parts."""
    with pytest.raises(DatasetError) as caught:
        read(path, **arguments)
    message = str(caught.value)
    assert str(culprit or path) in message
    assert "found " in message
    assert "; expected " in message
    assert message.endswith((".", "?")), "no sentence that says what to do"
    return message


# Pictures that can be read


def test_people_and_pictures_are_in_natural_order_and_the_first_ones_train(people):
    folder, faces = people
    data = read_image_folder(folder)
    assert data.label_names == ("s1", "s2", "s10")
    assert np.array_equal(data.y_train, [0, 0, 1, 1, 2, 2])
    assert np.array_equal(data.position_train, [1, 2] * 3)
    assert np.array_equal(data.position_test, [3, 4] * 3)
    assert data.x_train.dtype == np.float32
    assert data.y_train.dtype == data.position_train.dtype == np.int64
    assert np.array_equal(
        data.x_train[..., 0].reshape(3, 2, 56, 46), faces[:, :2] / np.float32(255)
    )
    assert np.array_equal(data.x_test[..., 0].reshape(3, 2, 56, 46), faces[:, 2:] / np.float32(255))
    assert (data.name, data.source.kind, data.source.comparable) == ("faces", "own copy", False)
    assert "not comparable" in data.notice()


def test_a_random_split_takes_as_many_of_each_person_and_every_picture_once(people):
    first, same, other = (read_image_folder(people[0], seed=seed) for seed in (1, 1, 2))
    assert first.source.fingerprint == same.source.fingerprint != other.source.fingerprint
    assert np.array_equal(np.bincount(first.y_train), [2, 2, 2])
    for k in range(3):
        numbers = [first.position_train[first.y_train == k], first.position_test[first.y_test == k]]
        assert sorted(np.concatenate(numbers)) == [1, 2, 3, 4]
    picture = people[1][first.y_train[0], first.position_train[0] - 1]
    assert np.array_equal(first.x_train[0, :, :, 0], picture / np.float32(255))


@pytest.mark.parametrize(
    ("arguments", "counts"),
    [({"n_train": 3}, [3, 3, 3]), ({"n_train": 1}, [1, 1, 1]), ({"train_fraction": 0.7}, [3, 3, 3]),
     ({"train_fraction": 0.01}, [1, 1, 1]), ({"train_fraction": 0.99}, [3, 3, 3])],
)  # fmt: skip
def test_how_many_are_to_train(people, arguments, counts):
    assert np.array_equal(np.bincount(read_image_folder(people[0], **arguments).y_train), counts)


def test_classes_of_different_size_are_each_split(people):
    folder, _ = people
    save(folder / "s2" / "11.png", speckle(11))
    save(folder / "s2" / "12.png", speckle(12))
    data = read_image_folder(folder)
    assert np.array_equal(np.bincount(data.y_train), [2, 3, 2])
    assert np.array_equal(np.bincount(data.y_test), [2, 3, 2])


def test_what_computers_leave_in_folders_is_left_aside(people):
    folder, _ = people
    before = read_image_folder(folder).source.fingerprint
    for name in (".DS_Store", "s1/.DS_Store", "s1/Thumbs.db", "s1/desktop.ini", "s1/._1.png",
                 "s1/.ipynb_checkpoints/1.png", "__MACOSX/s1/._1.png", ".git/config"):  # fmt: skip
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_bytes(b"\0\5\x16\7")
    assert read_image_folder(folder).source.fingerprint == before
    for name in ("Readme.txt", "s1/notes.md", "s1/clip.mp4", "s2/table.csv"):
        (folder / name).write_text("no picture")
    data = read_image_folder(folder)
    assert data.source.fingerprint == before
    assert "4 files that are no pictures" in data.source.detail


def test_folders_in_a_persons_folder_belong_to_that_person(people):
    folder, _ = people
    before = read_image_folder(folder).source.fingerprint
    for person in ("s1", "s2", "s10"):
        for session, name in (("day 2", "1.png"), ("day 2", "2.png"), ("day 10", "9.png"),
                              ("day 10", "10.png")):  # fmt: skip
            (folder / person / session).mkdir(exist_ok=True)
            (folder / person / name).rename(folder / person / session / name)
    assert read_image_folder(folder).source.fingerprint == before


@pytest.mark.parametrize("kind", ["bmp", "tiff", "webp", "pgm", "gif", "png without ending"])
def test_formats_are_recognised_by_content(people, kind):
    folder, _ = people
    before = read_image_folder(folder).source.fingerprint
    for path in list(folder.rglob("*.png")):
        with Image.open(path) as picture:
            picture.load()
        path.unlink()
        if kind.endswith("ending"):
            picture.save(path.with_suffix(""), "PNG")
        else:
            options = {"lossless": True} if kind == "webp" else {}
            picture.save(path.with_suffix("." + kind), **options)
    assert read_image_folder(folder).source.fingerprint == before


@pytest.fixture
def two(tmp_path):
    """Return a function that reads two people, of which a picture is the one that it is given."""
    folder = tmp_path / "two"
    for number, name in enumerate(["a/2.png", "b/1.png", "b/2.png"]):
        save(folder / name, speckle(number))

    def read(picture, ending="png", save_options=None, **arguments):
        for before in (folder / "a").glob("1.*"):
            before.unlink()
        path = folder / "a" / f"1.{ending}"
        picture.save(path, **(save_options or {}))
        return read_image_folder(folder, **arguments).x_train[0, :, :, 0]

    return read


def halves(height, width):
    """Return a picture whose left half is black and whose right half is white."""
    return np.tile(np.where(np.arange(width) < width // 2, 0, 255).astype(np.uint8), (height, 1))


@pytest.mark.parametrize(("height", "width"), [(560, 1000), (1000, 460), (31, 20), (56, 460)])
def test_a_circle_stays_a_circle(two, height, width):
    rows, columns = np.ogrid[:height, :width]
    away = np.hypot(rows - (height - 1) / 2, columns - (width - 1) / 2)
    disc = Image.fromarray(np.where(away < 0.3 * min(height, width), 255, 0).astype(np.uint8))
    for fit in ("crop", "pad"):
        found = two(disc, fit=fit) > 0.5
        wide, high = found.any(axis=0).sum(), found.any(axis=1).sum()
        assert abs(int(wide) - int(high)) <= 2


def test_crop_takes_the_middle_and_pad_keeps_all(two):
    wide = np.full((100, 300), 128, np.uint8)
    wide[:, :90] = wide[:, -90:] = 255
    assert np.allclose(two(Image.fromarray(wide), size=(50, 50)), 128 / 255)
    padded = two(Image.fromarray(wide), size=(50, 50), fit="pad")
    assert np.allclose(padded[25, [0, 49]], 1)
    assert np.allclose(padded[[0, 10, 40, 49]], 0)


@pytest.mark.parametrize("ending", ["jpg", "png", "tiff"])
@pytest.mark.parametrize(("orientation", "brighter"), [(1, "right"), (3, "left"), (6, "below")])
def test_pictures_are_turned_upright(two, ending, orientation, brighter):
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    x = two(Image.fromarray(halves(400, 400)), ending, {"exif": exif}, size=(40, 40))
    means = {"right": x[:, 20:], "left": x[:, :20], "below": x[20:]}
    assert max(means, key=lambda side: means[side].mean()) == brighter
    assert means[brighter].mean() > 0.97


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_turned_tiff_is_what_a_turned_png_is(two, depth, orientation):
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    lying = np.add.outer(np.arange(50), 3 * np.arange(60)).astype(depth)
    lying = Image.fromarray(lying * (257 if depth is np.uint16 else 1))
    tiff, png = (two(lying, ending, {"exif": exif}, size=(60, 50)) for ending in ("tiff", "png"))
    assert np.array_equal(tiff, png)


def test_colour_becomes_grey(two):
    red = Image.new("RGB", (46, 56), (255, 0, 0))
    assert np.allclose(two(red), 76 / 255)
    assert np.allclose(two(red.convert("CMYK"), "tiff"), 76 / 255)
    assert np.allclose(two(red.convert("P"), "gif"), 76 / 255)


def test_what_is_transparent_becomes_white(two):
    assert np.allclose(two(Image.new("RGBA", (46, 56), (9, 9, 9, 0))), 1)
    half = two(Image.new("LA", (46, 56), (0, 128)))
    assert np.allclose(half, 127 / 255, atol=0.01)
    palette = Image.new("P", (46, 56), 0)
    assert np.allclose(two(palette, "gif", {"transparency": 0}), 1)


def test_sixteen_bits_a_pixel_keep_their_shades(two):
    ramp = np.linspace(0, 65535, 56 * 46).reshape(56, 46).astype(np.uint16)
    assert np.allclose(two(Image.fromarray(ramp)), ramp / 65535, atol=1e-4)
    assert np.allclose(two(Image.fromarray(ramp.astype(np.int32)), "tiff"), ramp / 65535, atol=1e-4)


def test_the_first_frame_of_a_film_is_taken(two):
    frames = [Image.fromarray(np.full((56, 46), grey, np.uint8)) for grey in (40, 200)]
    options = {"save_all": True, "append_images": frames[1:]}
    assert np.allclose(two(frames[0], "gif", options), 40 / 255)


def test_a_large_jpeg_is_read_as_well_as_a_large_png(two):
    ramp = np.add.outer(np.linspace(0, 120, 2000), np.linspace(0, 120, 1500)).astype(np.uint8)
    picture = Image.fromarray(ramp)
    from_png = two(picture)
    assert np.abs(two(picture, "JPG", {"format": "JPEG", "quality": 95}) - from_png).max() < 0.02


def test_links_to_pictures_and_folders_are_followed(people, tmp_path):
    folder, _ = people
    before = read_image_folder(folder).source.fingerprint
    (folder / "s2").rename(tmp_path / "elsewhere")
    (folder / "s2").symlink_to(tmp_path / "elsewhere")
    assert read_image_folder(folder).source.fingerprint == before


def test_equal_pictures_on_both_sides_or_of_two_people_are_named(people):
    folder, faces = people
    save(folder / "s2" / "10.png", faces[1, 0])
    with pytest.warns(UserWarning, match=r"1 pictures .* picture 1 of s2 \(train\), picture 4"):
        read_image_folder(folder)
    save(folder / "s2" / "10.png", faces[0, 3])
    with pytest.warns(UserWarning, match=r"picture 4 of s1 \(test\), picture 4 of s2 \(test\)"):
        read_image_folder(folder)


def test_small_classes_can_be_left_out(people):
    folder, _ = people
    save(folder / "alone" / "1.png", speckle(8))
    data = read_image_folder(folder, too_few="drop")
    assert data.label_names == ("s1", "s2", "s10")
    assert "alone (1)" in data.source.detail


# Folders that cannot be read


def test_no_folder_and_no_folders(tmp_path):
    assert "found nothing" in refused(read_image_folder, tmp_path / "missing")
    save(tmp_path / "a.png", speckle(0))
    assert "bytes that begin with" in refused(read_image_folder, tmp_path / "a.png")
    assert "1 files and no folder" in refused(read_image_folder, tmp_path)


def test_folders_with_too_few_pictures_are_all_named(people):
    folder, _ = people
    save(folder / "zoe" / "1.png", speckle(8))
    (folder / "nobody").mkdir()
    message = refused(read_image_folder, folder)
    assert "fewer pictures in nobody (0), zoe (1); expected at least 2" in message
    assert 'too_few="drop"' in message
    assert "s1 (4), s2 (4), s10 (4)" in refused(read_image_folder, folder, min_pictures=5)
    assert "at least 5 pictures" in refused(read_image_folder, folder, n_train=4)


def test_one_person_is_not_enough(people, tmp_path):
    folder, _ = people
    message = refused(read_image_folder, tmp_path)
    assert f"Or is {folder} the folder that you mean?" in message
    save(tmp_path / "few/a/1.png", speckle(0))
    save(tmp_path / "few/a/2.png", speckle(1))
    assert "1 folder(s)" in refused(read_image_folder, tmp_path / "few")
    save(tmp_path / "few/b/1.png", speckle(2))
    assert "fewer in b (1)" in refused(read_image_folder, tmp_path / "few", too_few="drop")


def test_a_ready_made_split_is_not_taken_for_two_people(people, tmp_path):
    folder, _ = people
    (tmp_path / "set/test/s1").mkdir(parents=True)
    folder.rename(tmp_path / "set/train")
    assert "folders named test, train" in refused(read_image_folder, tmp_path / "set")


def bomb(side=30_000):
    """Return a small PNG that claims to be huge: an error for Pillow; by 10,000, a warning."""

    def chunk(kind, data):
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels)


DAMAGES = {
    "empty": (lambda data: b"", "an empty file"),
    # Half of a picture: releases of Pillow say different things of it, we do not.
    "truncated": (lambda data: data[: len(data) // 2], "bytes that begin with"),
    "web page": (lambda data: WEB_PAGE, "a web page"),
    "text": (lambda data: b"not a picture", "13 bytes that begin with"),
    "noise": (lambda data: bytes(speckle(1)), "bytes that begin with"),
    "bomb": (lambda data: bomb(), "a huge picture"),
    "half a bomb": (lambda data: bomb(10_000), "a huge picture"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("ending", ["jpg", "png", "gif", "pgm"])
def test_a_damaged_picture_is_named(people, damage, ending):
    folder, faces = people
    victim = save(folder / "s2" / f"3.{ending}", faces[1, 0])
    change, found = DAMAGES[damage]
    victim.write_bytes(change(victim.read_bytes()))
    assert found in refused(read_image_folder, folder, victim)


def test_a_picture_of_one_grey_is_no_bomb_however_few_its_bytes(people):
    folder, _ = people
    path = folder / "s2/3.webp"
    Image.new("L", (2000, 2000), 90).save(path, lossless=True)
    assert path.stat().st_size < 400
    faces = read_image_folder(folder)
    pictures = np.concatenate([faces.x_train, faces.x_test])
    assert np.isclose(pictures, 90 / 255).all(axis=(1, 2, 3)).sum() == 1


def test_pictures_of_plain_numbers_are_refused(people):
    folder, _ = people
    victim = save(folder / "s2" / "3.tiff", speckle(0).astype(np.float32))
    assert "numbers from 0 to 255" in refused(read_image_folder, folder, victim)


def test_links_to_nowhere_and_back_are_named(people):
    folder, _ = people
    for where in (folder, folder / "s2"):
        link = where / "link.png"
        link.symlink_to(folder / "missing")
        assert "a link that leads nowhere" in refused(read_image_folder, folder, link)
        link.unlink()
        link.symlink_to(link)
        assert "cannot be opened" in refused(read_image_folder, folder, link)
        link.unlink()
    link = folder / "s2" / "again"
    link.symlink_to(folder)
    assert "a link that leads back" in refused(read_image_folder, folder, folder / "s2/again/s2")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_what_is_no_ordinary_file_is_not_opened(people):
    folder, _ = people
    os.mkfifo(folder / "s1" / "pipe")
    assert "no ordinary file" in refused(read_image_folder, folder, folder / "s1" / "pipe")


@pytest.mark.parametrize("locked", ["", "s2", "s2/1.png"])
def test_no_permission(open_folder, as_nobody, locked):
    for name in ("s1/1.png", "s1/2.png", "s2/1.png", "s2/2.png"):
        save(open_folder / name, speckle(list(name.encode())))
    read_image_folder(open_folder)  # imports what is imported late
    (open_folder / locked).chmod(0)
    as_nobody()
    try:
        message = refused(read_image_folder, open_folder, open_folder / locked)
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        (open_folder / locked).chmod(0o755)
    assert "permission" in message.lower()


@pytest.mark.parametrize(
    "arguments",
    [{"size": 56}, {"size": (0, 5)}, {"fit": "squeeze"}, {"n_train": 0}, {"n_train": 1.5},
     {"train_fraction": 1.0}, {"train_fraction": 50}, {"min_pictures": "2"}, {"too_few": "keep"},
     {"seed": -1}, {"seed": "x"}],
)  # fmt: skip
def test_arguments_without_meaning_are_refused(people, arguments):
    (name,) = arguments
    with pytest.raises(DatasetError, match=f"{name} is .*; expected"):
        read_image_folder(people[0], **arguments)


def test_a_size_that_fills_the_memory_is_refused_before_anything_is_read(people):
    message = refused(read_image_folder, people[0], size=(40_000, 30_000))
    assert "12 pictures that take 54 GiB if 30000 wide and 40000 high" in message
    with pytest.raises(DatasetError, match="expected at most 4 GiB"):
        datasets.load_orl(size=(112_000, 92_000), download=False)


@pytest.mark.parametrize("read", [read_image_folder, read_text_table])
def test_paths_that_lead_nowhere(read):
    assert "Is a / missing after the ~?" in refused(read, "~no such user")
    refused(read, "a\0b")


@pytest.mark.parametrize(
    ("one", "other"), [("S1", "s1"), ("Jose\u0301", "José"), ("s1", "s1 "), ("s1", "s\u200b1")]
)
def test_folders_that_look_alike_are_both_named(tmp_path, one, other):
    for k, name in enumerate((one, other, "else")):
        for n in range(2):
            save(tmp_path / name / f"{n}.png", speckle([k, n]))
    with pytest.warns(UserWarning, match="count as different classes") as caught:
        data = read_image_folder(tmp_path)
    assert len(data.label_names) == 3
    assert f" {ascii(one)} and {ascii(other)}. " in str(caught[0].message)


# What phones, cameras and file servers make of a folder


def test_thumbnails_and_system_folders_are_neither_pictures_nor_people(people):
    folder, faces = people
    before = read_image_folder(folder).source.fingerprint
    for name in ("@eaDir/1.png/SYNOPHOTO_THUMB_XL.jpg", "s1/@eaDir/1.png/SYNOPHOTO_THUMB_M.jpg",
                 "s2/@__thumb/s1.jpg", "#recycle/old.png", "$RECYCLE.BIN/a/1.png", "s1/Icon\r",
                 "s10/Thumbnails/1.png", "System Volume Information/1.png"):  # fmt: skip
        save(folder / name, faces[0, 0], format="PNG")
    data = read_image_folder(folder)
    assert data.source.fingerprint == before
    assert data.label_names == ("s1", "s2", "s10")


def test_sidecars_are_left_aside_and_counted(people):
    folder, _ = people
    before = read_image_folder(folder).source.fingerprint
    for name in ("1.AAE", "1.png.xmp", "1.png.json", "1.THM", "picture.db"):
        (folder / "s2" / name).write_bytes(b"notes")
    data = read_image_folder(folder)
    assert data.source.fingerprint == before
    assert "left aside: 5 files" in data.source.detail


BROKEN_TAGS = [b"Exif\0\0MM\0*\0\0\0\10\xff\xff", b"Exif\0\0", b"Exif\0\0II*\0nonsense"]


@pytest.mark.parametrize("tag", BROKEN_TAGS)
def test_a_broken_tag_refuses_no_picture(two, tag):
    assert two(Image.fromarray(halves(56, 46)), "jpg", {"exif": tag})[:, 30:].mean() > 0.97


def test_the_orientation_counts_beside_a_tag_that_cannot_be_written_again(two):
    # A resolution that is a text: whoever writes all tags again stumbles over it.
    entries = struct.pack(">HHIHH", EXIF_ORIENTATION, 3, 1, 3, 0)
    entries = entries + struct.pack(">HHI", 0x011A, 2, 4) + b"abc\0"
    tags = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 2) + entries + struct.pack(">I", 0)
    x = two(Image.fromarray(halves(400, 400)), "jpg", {"exif": tags}, size=(40, 40))
    assert x[:, :20].mean() > 0.97


def test_all_damaged_pictures_are_in_one_message_and_can_be_left_out(people):
    folder, _ = people
    before = read_image_folder(folder).source.fingerprint
    damaged = [folder / "s1" / "11.png", folder / "s2" / "0.jpg", folder / "s10" / "3.png"]
    for path in damaged:
        path.write_bytes(b"not a picture")
    message = refused(read_image_folder, folder)
    assert message.startswith("3 pictures cannot be read")
    assert all(str(path) in message for path in damaged)
    data = read_image_folder(folder, bad_pictures="drop")
    assert data.source.fingerprint == before
    assert "cannot be read: s1/11.png, s2/0.jpg, s10/3.png" in data.source.detail
    for name in ("1.png", "2.png", "9.png"):
        (folder / "s2" / name).write_bytes(b"")
    assert "s2 (1)" in refused(read_image_folder, folder, bad_pictures="drop")
    few = read_image_folder(folder, bad_pictures="drop", too_few="drop")
    assert few.label_names == ("s1", "s10")
    with pytest.raises(DatasetError, match="bad_pictures is"):
        read_image_folder(folder, bad_pictures="keep")


def test_of_many_damaged_pictures_ten_are_named_and_the_others_counted(people):
    folder, _ = people
    for number in range(12):
        (folder / "s1" / f"broken{number}.png").write_bytes(b"not a picture")
    message = refused(read_image_folder, folder)
    assert message.count("broken") == 10
    assert "and 2 more." in message


def test_names_of_folders_and_files_are_text_on_the_page(people):
    folder, _ = people
    name = "$20 [x](y) <b> `z`"
    (folder / "s1" / f"{name}.png").write_bytes(b"not a picture")
    strange = folder.rename(folder.with_name(name))
    data = read_image_folder(strange, bad_pictures="drop")
    said = re.sub("</?span>", "", data.notice())
    assert not [sign for sign in ("$", "[", "](", "<", "`") if sign in said]
    assert html.unescape(said).count(name) == 2


def test_heic_is_named_with_the_way_out(people):
    folder, _ = people
    victim = folder / "s2" / "IMG_0001.HEIC"
    victim.write_bytes(b"\0\0\0\x24ftypheic\0\0\0\0mif1heic" + bytes(99))
    message = refused(read_image_folder, folder, victim)
    assert "a HEIC picture" in message
    assert "pillow-heif" in message


@pytest.mark.parametrize("kind", [np.uint16, np.int32, np.float32])
def test_more_than_eight_bits_are_right_in_every_reader(two, tmp_path, kind):
    ramp = np.linspace(0, 1, 56 * 46, dtype=np.float32).reshape(56, 46)
    stored = ramp if kind is np.float32 else (65535 * ramp).astype(kind)
    picture = Image.fromarray(stored)
    assert np.allclose(two(picture, "tiff"), ramp, atol=1e-4)
    picture.save(tmp_path / "one.tiff")
    read = _pictures.read_picture(tmp_path / "one.tiff", 56, 46)
    assert read.dtype == np.uint8
    assert np.abs(read / 255 - ramp).max() <= 0.5 / 255 + 1e-4
    Image.fromarray(255 * ramp).save(tmp_path / "one.tiff")
    refused(_pictures.read_picture, tmp_path / "one.tiff", height=56, width=46)


@pytest.mark.parametrize(
    ("darkest", "brightest", "shade"),
    [(0, 4095, "black"), (0, 255, "black"), (62_000, 65_535, "white")],
)
def test_a_set_that_is_nearly_black_or_white_is_warned_of(tmp_path, darkest, brightest, shade):
    for number in range(4):
        rng = np.random.default_rng(number)
        pixels = rng.integers(darkest, brightest + 1, (56, 46)).astype(np.uint16)
        save(tmp_path / "ab"[number % 2] / f"{number}.png", pixels)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read_image_folder(tmp_path)
    assert any(f"all pictures are {shade}" in str(one.message) for one in caught)


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (4, 9), (17, 11)])
def test_nearly_equal_pictures_are_all_found_whatever_their_size(shape):
    rng = np.random.default_rng(0)
    train = rng.random((40, *shape, 1), np.float32)
    noise = rng.normal(0, 1, train.shape).astype(np.float32)
    noise /= np.sqrt(np.mean(noise**2, axis=(1, 2, 3), keepdims=True))  # of root mean square 1
    near = _image_folder.NEAR
    far = np.where(np.arange(40) % 2, 0.99 * near, 4 * near).reshape(-1, 1, 1, 1)
    test = (train[::-1] + far * noise).astype(np.float32)
    every = [[np.sqrt(np.mean((one - x) ** 2)) < near for one in train] for x in test]
    found = {k: one for one, k in _image_folder._near_twins(train, test)}
    assert found.keys() == {k for k, row in enumerate(every) if any(row)}
    assert all(every[k][one] for k, one in found.items())


def test_a_picture_that_was_saved_again_is_found_across_the_split(tmp_path):
    def photo(number):
        blurred = Image.fromarray(speckle(number, 8, 6)).resize(
            (460, 560), Image.Resampling.BICUBIC
        )
        return np.asarray(blurred)

    for name, number in [("a/1.png", 0), ("a/2.png", 1), ("b/1.png", 2)]:
        save(tmp_path / name, photo(number))
    save(tmp_path / "b" / "2.jpg", photo(0), quality=80)
    with pytest.warns(
        UserWarning, match=r"nearly equal.* picture 1 of a \(train\), picture 2 of b"
    ):
        read_image_folder(tmp_path)


# Ready-made splits


@pytest.fixture
def ready(tmp_path):
    """Return a function that lays three people down as a split with sides of these names."""

    def lay(*sides):
        for number, side in enumerate(sides):
            for k, person in enumerate(["s1", "s2", "s10"]):
                for name in ("1.png", "2.png")[number > 0 :]:
                    picture = speckle([9, number, k, int(name[0])])
                    save(tmp_path / "ready" / side / person / name, picture)
        return tmp_path / "ready"

    return lay


@pytest.mark.parametrize(
    "sides", [("Train", "Val"), ("training_set", "test_set"), ("train", "dev", "test"),
              ("Training Data", "Holdout"), ("01_train", "02_test")],
)  # fmt: skip
def test_usual_names_of_a_split_are_recognised(ready, sides):
    folder = ready(*sides)
    save(folder / "annotations" / "1.png", speckle(0))  # does not hide it
    assert 'split=("train", "test")' in refused(read_image_folder, folder)


def test_unusual_names_of_a_split_are_suspected(ready):
    with pytest.warns(UserWarning, match="folders of the same names"):
        read_image_folder(ready("entrenar", "probar"))


def test_a_ready_made_split_can_be_used(ready):
    folder = ready("train", "dev", "test")
    data = read_image_folder(folder, split=("train", "test"))
    assert data.label_names == ("s1", "s2", "s10")
    assert np.array_equal(data.y_train, [0, 0, 1, 1, 2, 2])
    assert np.array_equal(data.y_test, [0, 1, 2])
    assert np.array_equal(data.x_test[1, :, :, 0], speckle([9, 2, 1, 2]) / np.float32(255))
    assert "split as the folders train and test say" in data.source.detail
    save(folder / "test" / "s2" / "9.png", speckle([9, 0, 1, 1]))
    with pytest.warns(UserWarning, match=r"picture 1 of s2 \(train\), picture 4 of s2 \(test\)"):
        read_image_folder(folder, split=("train", "test"))


def test_a_ready_made_split_that_makes_no_sense_is_refused(ready):
    folder = ready("train", "test")
    refused(read_image_folder, folder, folder / "tset", split=("train", "tset"))
    for split, other in [("train", {}), (("a", "a"), {}), (("train", "test"), {"seed": 1})]:
        with pytest.raises(DatasetError, match="split "):
            read_image_folder(folder, split=split, **other)
    (folder / "test" / "s2" / "2.png").write_bytes(b"")
    drop = {"split": ("train", "test"), "bad_pictures": "drop"}
    assert "2 pictures of s2 to train and 0 to test" in refused(read_image_folder, folder, **drop)
    (folder / "test" / "s2").rename(folder / "test" / "zoe")
    assert "on one side only: s2, zoe" in refused(read_image_folder, folder, **drop)


@pytest.mark.parametrize("kind", [b"tEXt", b"IDAT"])
def test_a_wrong_checksum_in_a_png_refuses_no_readable_picture(people, kind):
    folder, faces = people
    before = read_image_folder(folder).source.fingerprint
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "a note")
    victim = save(folder / "s2" / "1.png", faces[1, 0], pnginfo=notes)
    data = bytearray(victim.read_bytes())
    at = data.index(kind) - 4
    data[at + 8 + int.from_bytes(data[at : at + 4])] ^= 1  # of the checksum behind the content
    victim.write_bytes(data)
    assert read_image_folder(folder).source.fingerprint == before


def test_pictures_that_are_still_in_the_cloud_are_missed(people):
    folder, _ = people
    before = read_image_folder(folder).source.fingerprint
    (folder / "s1" / ".clip.mov.icloud").write_bytes(b"bplist00")
    assert read_image_folder(folder).source.fingerprint == before
    path = folder / "s1" / ".3.png.icloud"
    path.write_bytes(b"bplist00")
    assert "is in iCloud and not on this disk" in refused(read_image_folder, folder, path)
    assert "s1/.3.png" in read_image_folder(folder, bad_pictures="drop").source.detail


def test_raw_files_and_originals_of_pictures_that_are_there_are_left_aside(people):
    folder, faces = people
    before = read_image_folder(folder)
    (folder / "s1" / "1.CR2").write_bytes(b"II*\0 and what a camera writes")
    save(folder / "s2" / "Originals" / "9.png", faces[1, 2] // 2)
    data = read_image_folder(folder)
    assert data.source.fingerprint == before.source.fingerprint
    assert "2 raw files or originals of pictures that are there" in data.source.detail
    assert "raw" not in before.source.detail
    save(folder / "s2" / "Originals" / "another.png", faces[1, 2] // 2)
    assert len(read_image_folder(folder).y_test) == len(data.y_test) + 1


def test_a_raw_file_alone_is_no_thumbnail(people):
    folder, faces = people
    victim = save(folder / "s2" / "3.dng", faces[1, 0], format="TIFF")
    assert "a camera's raw file" in refused(read_image_folder, folder, victim)


# Tables that can be read

ROWS = [("Great, really.", "pos"), ("Dull.", "neg"), ('She said "no".\nTwice.', "neg"),
        ("Fine; café für zwei.", "pos"), ("Never again.", "neg"),
        ("I loved it.", "pos")]  # fmt: skip


def quoted(field):
    return '"' + field.replace('"', '""') + '"'


def table(rows=ROWS, header=("text", "label"), separator=",", end="\n"):
    return end.join(separator.join(map(quoted, row)) for row in [header, *rows]) + end


def write(tmp_path, content, encoding="utf-8", name="reviews.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def pairs(data):
    names = data.label_names
    return {
        (text, names[label])
        for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test))
        for text, label in zip(x, y, strict=True)
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_with_a_mark_and_separators_are_recognised(tmp_path, encoding, separator, end):
    data = read_text_table(write(tmp_path, table(separator=separator, end=end), encoding))
    assert pairs(data) == set(ROWS)
    assert data.label_names == ("neg", "pos")
    assert isinstance(data.x_train, tuple)
    assert data.y_train.dtype == np.int64
    assert (data.name, data.source.kind, data.source.comparable) == (
        "reviews.csv", "own copy", False)  # fmt: skip
    assert np.array_equal(np.bincount(data.y_test), [1, 1])
    assert np.array_equal(np.bincount(data.y_train), [2, 2])


def test_other_encodings_columns_and_separators_are_given(tmp_path):
    content = "id:stars:what\n" + "\n".join(f"{k}:{k % 2}:Schön{k}" for k in range(8))
    path = write(tmp_path, content, "cp1252")
    data = read_text_table(path, text="what", label="stars", encoding="cp1252", separator=":")
    assert pairs(data) == {(f"Schön{k}", str(k % 2)) for k in range(8)}


def test_a_zipped_table(tmp_path):
    path = write(tmp_path, gzip.compress(table().encode()), name="reviews.csv.gz")
    assert pairs(read_text_table(path)) == set(ROWS)


@pytest.mark.parametrize(
    ("labels", "names"),
    [("10 9 -1", ("-1", "9", "10")), ("4.5 1 1e1", ("1", "4.5", "1e1")),
     ("True False", ("False", "True")),
     ("None NA nan null", ("NA", "nan", "None", "null")), ("b10 b9 a", ("a", "b9", "b10"))],
)  # fmt: skip
def test_labels_may_be_anything_and_are_in_their_order(tmp_path, labels, names):
    rows = [(f"text {label} {k}", f" {label} ") for k in range(2) for label in labels.split()]
    data = read_text_table(write(tmp_path, table(rows)))
    assert data.label_names == names
    assert all(text.split()[1] == label for text, label in pairs(data))


def test_same_seed_same_split_and_the_fraction_is_kept(tmp_path):
    rows = [(f"text {k}", str(k % 3)) for k in range(120)]
    path = write(tmp_path, table(rows))
    first, same, other = (read_text_table(path, test_fraction=0.2, seed=s) for s in (3, 3, 4))
    assert first.source.fingerprint == same.source.fingerprint != other.source.fingerprint
    assert np.array_equal(np.bincount(first.y_test), [8, 8, 8])
    assert first.x_train != tuple(sorted(first.x_train)), "shuffled"
    assert set(first.x_train).isdisjoint(first.x_test)


def test_rows_with_the_same_text_stay_on_one_side(tmp_path):
    rows = [(f"text {k % 10}" + " " * (k // 20), str(k % 2)) for k in range(60)]
    for seed in range(5):
        data = read_text_table(write(tmp_path, table(rows)), seed=seed)
        assert {t.strip() for t in data.x_train}.isdisjoint(t.strip() for t in data.x_test)
        assert len(data.x_train) + len(data.x_test) == 60


def test_a_text_with_two_labels_is_warned_of(tmp_path):
    path = write(tmp_path, table([*ROWS, ("Dull.", "pos")]))
    with pytest.warns(UserWarning, match="1 texts carry more than one label.*'Dull.'"):
        data = read_text_table(path)
    assert len(data.x_train) + len(data.x_test) == 7


def test_long_texts_are_read_and_the_limit_of_csv_stays_as_it_was(tmp_path):
    import csv

    before = csv.field_size_limit()
    rows = [*ROWS, ("long " * 100_000, "pos")]
    assert pairs(read_text_table(write(tmp_path, table(rows)))) == set(rows)
    assert csv.field_size_limit() == before


def test_bad_rows_are_named_or_left_out(tmp_path):
    content = table() + ',"pos"\n"Good.",""\n"  ","neg"\n\nToo, many, columns\n"lonely"\n'
    path = write(tmp_path, content)
    message = refused(read_text_table, path)
    # The third row holds a line break, so rows and lines differ by one.
    assert ("line 9 (no text), line 10 (no label), line 11 (no text), line 13 (3 columns), "
            "line 14 (1 columns)") in message  # fmt: skip
    assert 'bad_rows="drop"' in message
    data = read_text_table(path, bad_rows="drop")
    assert pairs(data) == set(ROWS)
    assert "left out: 5 rows" in data.source.detail


# Tables that cannot be read


def test_no_file(tmp_path):
    assert "found nothing" in refused(read_text_table, tmp_path / "missing.csv")
    assert "found a folder" in refused(read_text_table, tmp_path)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file"),
        (b"\xef\xbb\xbf \n", "an empty file"),
        (b"text,label\n", "no row with a text"),
        (b"text,label", "no row with a text"),
        (WEB_PAGE, "a web page"),
        (b"PK\x03\x04 and what a spreadsheet holds", "a spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a spreadsheet"),
        (b"text,label\na,1\nb\0,2\n", "a NUL character in line 3"),
        (table().encode("utf-16-le"), "NUL|0x"),
        (b'text,label\nfine,1\n"open,2\nmore,3\n', "begins in line 3"),
        (b'text,label\n"a"b,1\n', "begins in line 2"),
        (b"text,label\na,1\nb,1\n", "only the label '1'"),
        (b"text,label\na,1\nb,1\nc,2\n", "too few different texts of 2 (1)"),
        (b"text,label\na,1\nb,1\nc,2\nc,2\n", "too few different texts of 2 (1)"),
        (b"review,stars\na,1\n", "the columns 'review', 'stars'; expected 'text' and 'label'"),
        (b"text;Label\na;1\n", "the columns 'text', 'Label'; expected 'label'"),
        (b"text,label,text\na,1,b\n", "expected 'text', once"),
        (b"Good film,1\nBad film,0\n", "the columns 'Good film', '1'"),
    ],
)
def test_what_is_no_table_of_texts_is_refused(tmp_path, content, found):
    message = refused(read_text_table, write(tmp_path, content))
    assert any(part in message for part in found.split("|"))


def test_a_byte_that_cannot_be_read_is_named_with_its_line(tmp_path):
    path = write(tmp_path, table(), "cp1252")
    message = refused(read_text_table, path)
    assert "byte 0xe9 in line 6 (its byte 11), which utf-8 cannot read" in message
    assert 'encoding="cp1252"' in message
    assert "café" in message
    assert pairs(read_text_table(path, encoding="cp1252")) == set(ROWS)
    assert "0xe9 in line 6" in refused(read_text_table, path, encoding="ascii")
    with pytest.raises(DatasetError, match="encoding is 'latin-17'; expected"):
        read_text_table(path, encoding="latin-17")


@pytest.mark.parametrize(
    "arguments",
    [{"test_fraction": 0.0}, {"test_fraction": 25}, {"bad_rows": "keep"}, {"separator": "::"},
     {"encoding": "no such"}, {"encoding": 8}, {"encoding": "undefined"}, {"encoding": "a\0"},
     {"quoting": "some"}, {"seed": -1}, {"seed": "x"}, {"seed": None}],
)  # fmt: skip
def test_arguments_of_tables_without_meaning_are_refused(tmp_path, arguments):
    (name,) = arguments
    with pytest.raises(DatasetError, match=f"{name} is .*; expected"):
        read_text_table(write(tmp_path, table()), **arguments)


def test_no_permission_for_a_table(open_folder, as_nobody):
    path = write(open_folder, table())
    path.chmod(0)
    as_nobody()
    assert "permission" in refused(read_text_table, path)


LOOSE = [('"Best film ever', "pos"), ("Dull.", "neg"), ('not worth it"', "neg"), ("Fine.", "pos"),
         ('So "good"', "pos"), ("Bad.", "neg")]  # fmt: skip


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_quotes_that_close_in_a_later_row_merge_no_rows(tmp_path, order):
    rows = [("text", "label"), *LOOSE]
    content = "".join("\t".join(row[k] for k in order) + "\n" for row in rows)
    path = write(tmp_path, content)
    assert pairs(read_text_table(path, quoting="none")) == set(LOOSE)
    message = refused(read_text_table, path)
    assert "close in a later one: lines 2 to 4" in message
    assert 'quoting="none"' in message


def test_texts_of_several_lines_are_no_loose_quotes(tmp_path):
    rows = [*ROWS, ("Great, really.\nDull, too.\npos", "neg"), ("Long,\nneg, though", "pos")]
    assert pairs(read_text_table(write(tmp_path, table(rows)))) == set(rows)
    turned = [(label, text) for text, label in rows]
    path = write(tmp_path, table(turned, ("label", "text")))
    assert pairs(read_text_table(path)) == set(rows)


def test_quotes_with_a_backslash(tmp_path):
    content = table().replace('""', '\\"')
    path = write(tmp_path, content)
    assert 'quoting="backslash"' in refused(read_text_table, path)
    assert pairs(read_text_table(path, quoting="backslash")) == set(ROWS)


@pytest.mark.parametrize(
    ("one", "other"),
    [("pos", "Pos"), ("very good", "very  good"), ("1", "1.0"), ("a", "ａ"), ("b", "b\u200b")],
)
def test_labels_that_are_probably_the_same_are_both_named(tmp_path, one, other):
    rows = [(f"text {k}", (one, other, "else")[k % 3]) for k in range(9)]
    with pytest.warns(UserWarning, match="count as different classes") as caught:
        data = read_text_table(write(tmp_path, table(rows)))
    assert len(data.label_names) == 3
    assert repr(one) in str(caught[0].message)
    assert repr(other) in str(caught[0].message)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_line_by_which_excel_names_the_separator(tmp_path, end):
    content = f"sep=^{end}" + table(separator="^", end=end)
    assert pairs(read_text_table(write(tmp_path, content))) == set(ROWS)
    message = refused(read_text_table, write(tmp_path, content + f"lonely{end}"))
    assert "line 10 (1 columns)" in message, "the line counts, as it does in an editor"


def test_memory_is_at_most_three_times_the_file(tmp_path):
    path = write(tmp_path, table([(f"text {k} " + "word " * 100, str(k % 2)) for k in range(4000)]))
    tracemalloc.start()
    data = read_text_table(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(data.x_train) == 3000
    assert peak <= 3 * path.stat().st_size


def test_a_column_that_is_none_of_labels_is_refused(tmp_path):
    rows = [(f"text {k}", f"id {k // 2}") for k in range(2002)]
    message = refused(read_text_table, write(tmp_path, table(rows)))
    assert "found 1,001 different labels, such as 'id 0', 'id 1'" in message
    assert "label=" in message


def test_a_text_of_beginnings_of_comments_does_not_take_hours(tmp_path):
    start = "<!--" * 100_000
    rows = [(f"<!-- gone -->kept {k} {start}", str(k % 2)) for k in range(4)]
    found = {text for text, _ in pairs(read_text_table(write(tmp_path, table(rows))))}
    assert found == {f" kept {k} {start}" for k in range(4)}


def test_html_is_no_words(tmp_path):
    rows = [
        ("<p class='x'>Caf&eacute; &amp; <i>bar</i>.</p>", "pos"),
        ("a <b and b> c, AT&T", "neg"),
        ("one<br />two<!-- a note -->", "pos"),
        ("&#8220;no&#x201d; &notaword;", "neg"),
    ]
    data = read_text_table(write(tmp_path, table(rows)))
    words = {word for x, _ in pairs(data) for word in tokenize(x)}
    assert words == {"café", "bar", "a", "b", "and", "c", "at", "t", "one", "two", "no", "notaword"}
    assert any("<br />" in x for x, _ in pairs(data)), "line breaks are left to whoever shows them"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("这部电影很好看", "gb18030"),
        ("この映画はとても面白い", "cp932"),
        ("영화가 정말 좋았다", "cp949"),
    ],
)
def test_encodings_that_fit_are_proposed_with_what_they_give(tmp_path, text, encoding):
    rows = [(f"{text} {k}", str(k % 2)) for k in range(8)]
    path = write(tmp_path, table(rows), encoding)
    message = refused(read_text_table, path)
    assert f'encoding="{encoding}"' in message
    assert text[:8] in message.split(f'encoding="{encoding}"')[1].split(";")[0]


def test_an_encoding_that_does_not_fit_is_not_proposed(tmp_path):
    message = refused(read_text_table, write(tmp_path, table(), "cp1252"))
    assert 'encoding="cp1252" (Windows, western Europe), "' in message
    assert "gb18030" not in message


def test_columns_by_number(tmp_path):
    content = "\n".join(f"{k % 2}\t17\tGood film {k}" for k in range(8))
    path = write(tmp_path, content)
    data = read_text_table(path, text=3, label=1)
    assert pairs(data) == {(f"Good film {k}", str(k % 2)) for k in range(8)}
    message = refused(read_text_table, path, text=4, label=1)
    assert "found 3 columns in the first row; expected 4 or more" in message
    for text, label in [(0, 1), (1, 1), ("text", 2), (True, 2)]:
        with pytest.raises(DatasetError, match="text is .* label is .*; expected"):
            read_text_table(path, text=text, label=label)


@pytest.mark.parametrize("text", ["这部电影很好看", "この映画はとても面白い", "หนังเรื่องนี้ดีมาก"])
def test_a_language_without_spaces_is_warned_of(tmp_path, text):
    rows = [(f"{text} {k}", str(k % 2)) for k in range(8)]
    with pytest.warns(UserWarning, match="without spaces between words"):
        read_text_table(write(tmp_path, table(rows)))


def test_a_language_with_spaces_is_not(tmp_path):
    for text in ("영화가 정말 좋았다", "फ़िल्म अच्छी है", "A film by 黒澤明"):
        rows = [(f"{text} {k}", str(k % 2)) for k in range(8)]
        read_text_table(write(tmp_path, table(rows)))


def test_generated_data_written_and_read_again(tmp_path):
    faces = datasets.make_faces(2, 56, 46, n_pictures=4)
    reviews = datasets.make_reviews(40)
    for k, series in enumerate(faces.images):
        for n, image in enumerate(series):
            save(tmp_path / "faces" / f"person {k}" / f"{n}.png", image)
    data = read_image_folder(tmp_path / "faces")
    assert np.array_equal(data.x_train[0, :, :, 0] * 255, faces.images[0, 0])
    path = write(tmp_path, table(list(zip(reviews.texts, map(str, reviews.labels), strict=True))))
    assert {text for text, _ in pairs(read_text_table(path))} == set(reviews.texts)


def test_a_comma_in_the_first_text_separates_no_columns(tmp_path):
    rows = [("ham", "Go until late, crazy.."), ("ham", "Ok lar..."), ("spam", "Free, free, free!"),
            ("spam", "You won")]  # fmt: skip
    for separator in "\t;|":
        content = "".join(f"{label}{separator}{text}\n" for label, text in rows)
        data = read_text_table(write(tmp_path, content), text=2, label=1)
        assert pairs(data) == {(text, label) for label, text in rows}


@pytest.mark.parametrize(
    ("content", "found", "advice"),
    [
        (b"PAR1\x15\x04\x15 \xff", "a Parquet file", "pandas.read_parquet(path).to_csv("),
        (b'{"text": "Fine", "label": 1}\n{"text": "Dull", "label": 0}\n', "JSON", "lines=True"),
        (b'[{"text": "Fine", "label": 1}]', "JSON", "pandas.read_json(path"),
        (gzip.compress(gzip.compress(b"text,label\n", mtime=0), mtime=0), "zipped twice", "Unpack"),
        (bz2.compress(b"text,label\n"), "an archive", "Unpack"),
        (lzma.compress(b"text,label\n"), "an archive", "Unpack"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF", "save that as CSV"),
    ],
    ids=["Parquet", "JSON lines", "JSON", "gzip", "bzip2", "xz", "PDF"],
)
def test_tables_in_other_forms_are_named(tmp_path, content, found, advice):
    message = refused(read_text_table, write(tmp_path, content))
    assert found in message
    assert advice in message


def test_a_table_whose_header_looks_like_json_is_read(tmp_path):
    names = ("[text]", "{label}")
    data = read_text_table(write(tmp_path, table(ROWS, names)), text=names[0], label=names[1])
    assert pairs(data) == set(ROWS)


def test_text_and_label_are_two_columns(tmp_path):
    with pytest.raises(DatasetError, match="text is 'label' and label is 'label'; expected"):
        read_text_table(write(tmp_path, table()), text="label")


def test_a_label_of_thousands_of_digits_is_a_label(tmp_path):
    rows = [(f"text {k}", str(1 + k % 2) * 5000) for k in range(8)]
    assert pairs(read_text_table(write(tmp_path, table(rows)))) == set(rows)
