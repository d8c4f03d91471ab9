"""Every parser of bytes that come from outside, with good files to damage.

`tests/test_hostile.py` damages a few of each, always the same; `tests/campaign/fuzz.py` as many as
there is time for. A parser may refuse what it is given by a typed error, and in no other way.
"""

import gzip
import io
import json
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import tiny_datasets as tiny
from PIL import Image
from scipy.io import savemat

from nbhelpers import checks, nn, results
from nbhelpers._markdown import plain
from nbhelpers.datasets import (
    _feret,
    _image_folder,
    _imdb,
    _mnist,
    _orl,
    _pictures,
    _places,
    _sources,
    _yale,
    read_text_table,
)
from nbhelpers.errors import NbHelpersError
from nbhelpers.exercises import FOLDER, read_exercises
from nbhelpers.publish.project import PublishError
from nbhelpers.publish.tasks import living, moved
from nbhelpers.text import Vocabulary, tokenize

REFUSED = NbHelpersError, PublishError
PATTERNS = bytes([0, 127, 128, 255])  # signs and lengths that overflow
WORDS = ["", "a", "s1", "1.pgm", "$20 [x](y)", "<script>", "\u0130", "\u0905\u0902", "9" * 30, "-1"]


@dataclass(frozen=True)
class Parser:
    """A parser, and how to draw what it is given.

    Attributes
    ----------
    read : callable
        Is given a path, or a value where ``values`` is.
    good : tuple of bytes
        What it reads without a word.
    pack : callable
        Puts damaged bytes into what would otherwise give the damage away, such as gzip with its
        checksum.
    values : callable, optional
        Draws a value from a generator, where a parser is given no file.
    """

    read: Callable
    good: tuple = ()
    pack: Callable = bytes
    values: Callable | None = None

    def example(self, rng, path):
        """Return what to give to the parser next: a value, or the path with damaged bytes in it."""
        if self.values:
            return self.values(rng)
        good = self.good[rng.integers(len(self.good))]
        path.write_bytes(self.pack(damaged(good, rng)))
        return path


def damaged(data, rng):
    """Return the bytes with a few of them changed, some cut out or said twice."""
    data = bytearray(data)
    for _ in range(rng.integers(1, 6)):
        at, length = int(rng.integers(len(data) + 1)), int(rng.geometric(0.2))
        how = rng.integers(4)
        if how == 0:
            data[at : at + 1] = bytes([rng.integers(256)])
        elif how == 1:
            del data[at : at + length]
        elif how == 2:
            data[at:at] = data[at : at + length]
        else:
            data[at : at + length] = bytes([PATTERNS[rng.integers(4)]]) * length
    return bytes(data)


def parsers(folder):
    """Return every parser by name; the good files are made in an empty folder."""
    made = {}
    for part in (_archives, _pictures_files, _faces, _digits, _tables, _others, _values):
        made |= part(folder)
    return made


def read_members(path):
    return dict(_sources.read_members(path, "the faces", lambda name: name, limit=10**6))


def _zipped(members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def _archives(folder):
    content = _zipped({"orl/s1/1.pgm": b"good" * 9, "orl/s1/2.pgm": b""})
    tars = {}
    for kind in ("w", "w:gz", "w:xz", "w:bz2"):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode=kind) as archive:
            for name in ("aclImdb/train/pos/0_9.txt", "aclImdb/train/" + "long/" * 30):
                member = tarfile.TarInfo(name)
                member.size = 4
                archive.addfile(member, io.BytesIO(b"good"))
        tars[kind] = file.getvalue()
    reviews = tiny.specs()["imdb"]
    tiny.write_tar(folder / "1.tar.gz", tiny.imdb_members(tiny.SIZES["imdb"]))
    whole = gzip.decompress((folder / "1.tar.gz").read_bytes())
    return {
        "zip": Parser(read_members, (content,)),
        "names in a zip": Parser(
            lambda path: _places._in_zip(tiny.specs()["orl"], path), (content,)
        ),
        "tar": Parser(read_members, tuple(tars.values())),
        "tar, repacked by gzip": Parser(read_members, (tars["w"],), zipped),
        "aclImdb's tar": Parser(
            lambda path: _imdb._read(reviews, path, _imdb._in_archive), (whole,)
        ),
    }


def zipped(data):
    return gzip.compress(data, 1, mtime=0)


def _saved(picture, **options):
    file = io.BytesIO()
    picture.save(file, **options)
    return file.getvalue()


def right_checksums(data):
    """Return a damaged PNG whose chunks have the right checksums, as far as they can be found."""
    data, at = bytearray(data), 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4])
        if end + 4 > len(data):
            break
        data[end : end + 4] = zlib.crc32(data[at + 4 : end]).to_bytes(4)
        at = end + 4
    return bytes(data)


def _pictures_files(folder):
    rng = np.random.default_rng(0)
    grey = Image.fromarray(rng.integers(256, size=(3, 4), dtype=np.uint8))
    deep = Image.fromarray(rng.integers(65536, size=(3, 4), dtype=np.uint16))
    colour = Image.fromarray(rng.integers(256, size=(9, 8, 4), dtype=np.uint8))
    turned = Image.Exif()
    turned[274], turned[315] = 6, "somebody"  # the orientation, and one tag more
    jpeg = _saved(colour.convert("RGB"), format="JPEG", exif=turned)
    greys = tuple(_saved(grey, format=kind) for kind in _pictures.FORMATS)
    greys += _saved(deep, format="PNG"), _saved(deep, format="TIFF")
    own = jpeg, *(_saved(colour, format=kind) for kind in ("PNG", "TIFF", "WEBP"))
    own += _saved(colour.convert("P"), format="GIF"), *greys

    def face(path):
        return _pictures.read_picture(path, 3, 4)

    def own_picture(path):
        return _image_folder._read(path, 5, 6, "crop")

    png = tuple(one for one in own if one.startswith(b"\x89PNG"))
    return {
        "face": Parser(face, greys),
        "PNG of a face, with right checksums": Parser(
            face, (_saved(grey, format="PNG"),), right_checksums
        ),
        "picture": Parser(own_picture, own),
        "PNG, with right checksums": Parser(own_picture, png, right_checksums),
        "EXIF of a JPEG": Parser(
            own_picture,
            (jpeg[2 : 4 + int.from_bytes(jpeg[4:6])],),  # its first segment
            lambda segment: b"\xff\xd8" + segment + jpeg[4 + int.from_bytes(jpeg[4:6]) :],
        ),
    }  # fmt: skip


def _faces(folder):
    specs, sizes = tiny.specs(), tiny.SIZES
    orl = dict(tiny.orl_members(sizes["orl"]))
    keys = {f"orl_faces/s{p}/{n}.pgm": (p, n) for p, n in np.ndindex(9, 99)}
    files = {keys[name]: content for name, content in orl.items()}

    def one_face(path):
        return _orl._decode(specs["orl"], path, files | {(1, 1): path.read_bytes()})

    def repaired(path):
        data = _orl.repair(path.read_bytes(), sizes["orl"])
        return _orl._decode(specs["orl"], path, files | {(1, 1): data})

    mats = {}
    for name, module in (("feret", _feret), ("yale", _yale)):
        path = getattr(tiny, f"{name}_mat")(folder, sizes[name])
        mats[name] = path.read_bytes(), partial(module._read_mat, specs[name])
    content = {"gnd": np.repeat([1, 2], 2), "fea": np.zeros((4, 6), np.uint8)}
    savemat(folder / "1.mat", content)
    plain_mat = (folder / "1.mat").read_bytes()
    fea = plain_mat.index(b"fea") - 44  # where its element begins

    def small_mat(path):
        return _pictures.read_mat(path, 2, 2, [(2, 3)])

    def compressed(data):
        packed = zlib.compress(data, 1)
        return plain_mat[:fea] + np.array([15, len(packed)], "<u4").tobytes() + packed

    return {
        "PGM": Parser(one_face, (files[1, 1],)),
        "PGM to repair": Parser(repaired, (files[1, 1].replace(b"\n", b"\r\n"),)),
        "FERET's Matlab file": Parser(mats["feret"][1], (mats["feret"][0],)),
        "Matlab file": Parser(small_mat, (plain_mat,)),
        "Matlab file, repacked": Parser(small_mat, (plain_mat[fea:],), compressed),
    }


def _digits(folder):
    spec, size = tiny.specs()["mnist"], tiny.SIZES["mnist"]
    part = "t10k-images-idx3"
    tiny.mnist_plain(folder, size)
    idx = (folder / f"{part}-ubyte").read_bytes()
    npz = tiny.mnist_npz(folder, size).read_bytes()
    network = nn.Sequential([nn.Dense(2), nn.BatchNormalization()], (3,))
    network.save(folder / "weights.npz")
    weights = (folder / "weights.npz").read_bytes()
    with zipfile.ZipFile(io.BytesIO(weights)) as archive:
        arrays = {name: archive.read(name) for name in archive.namelist()}
    name = "0.Dense.kernel.npy"
    rows = b"".join(b"%d" % k + b",7" * 784 + b"\n" for k in range(3))
    names = b"label" + b",p" * 784 + b"\n"

    def read_idx(path):
        return _mnist._read_idx(path, part, spec)

    return {
        "idx": Parser(read_idx, (idx, zipped(idx))),
        "idx, repacked by gzip": Parser(read_idx, (idx,), zipped),
        "mnist.npz": Parser(partial(_mnist._read_npz, spec), (npz,)),
        "MNIST as CSV": Parser(lambda path: _mnist._read_csv(path, 3), (rows, names + rows)),
        "weights": Parser(network.load, (weights,)),
        "weights, repacked": Parser(
            network.load, (arrays[name],), lambda data: _zipped(arrays | {name: data})
        ),
    }  # fmt: skip


TABLE = """\
text,label
"Fine, he said. ""Really"" fine.",1
so & so &amp; <br /> <b class="x">loud</b>,0
"two
lines",1
plain,0
grand \u4e0d\u9519,1
awful $20 [x](y),0
"""


def _tables(folder):
    tabs = TABLE.replace(",", "\t").replace('"', "")
    texts = {
        None: [TABLE.encode(), tabs.encode(), b"sep=;\r\n" + TABLE.replace(",", ";").encode()],
        "utf": [TABLE.encode("utf-16"), TABLE.encode("utf-32"), TABLE.encode("utf-8-sig")],
        "none": [tabs.encode()],
        "backslash": [TABLE.replace('""', '\\"').encode()],
    }

    def table(path, quoting=None, **more):
        return read_text_table(path, quoting=quoting, bad_rows="drop", **more)

    return {
        "table of texts": Parser(table, tuple(texts[None])),
        "table of texts, in UTF-16 or UTF-32": Parser(table, tuple(texts["utf"])),
        "table of texts, zipped": Parser(table, tuple(texts[None]), zipped),
        "table of texts with tabs": Parser(partial(table, quoting="none"), tuple(texts["none"])),
        "table of texts with backslashes": Parser(
            partial(table, quoting="backslash"), tuple(texts["backslash"])
        ),
        "table of texts by numbers": Parser(
            partial(table, text=1, label=2), (TABLE.partition("\n")[2].encode(),)
        ),
    }


MOVED = b'"networks/a#fig-b" = "networks/c"\n"old/page" = "new/page"\n'
LIVING = b'[valley]\ntitle = "A valley"\nscripts = ["descent.js", "valley.js"]\ndata = ["a-net"]\n'
EXERCISES = b"""\
[ex-a-border]
answer = 28
form = "a whole number"
mistakes = [ { answer = 32, says = "The picture's own width." } ]
[ex-a-function]
calls = [ { arguments = [[3, 1], 2], returns = 2.0 } ]
"""


def _others(folder):
    network = {
        "id": "E1", "label": "the recipe", "role": "recipe", "parameters": 9,
        "settings": {"rate": 0.1}, "published": {"accuracy": 0.9, "by": "somebody"},
        "runs": [{"epochs": 2, "seconds": 1.5, "final": {"test_accuracy": 0.9}}],
    }  # fmt: skip
    data = {"name": "MNIST", "kind": "embedded", "comparable": False, "n_train": 9, "n_test": 9}
    claim = {"id": "C1", "verdict": "holds", "because": "so it is"}
    record = {"data": data, "experiments": [network], "claims": [claim]}

    def toml(listed, name):
        def read(path):
            path.rename(path.with_name(name))
            return listed(path.parent)

        return read

    def exercises(path):
        read_exercises.cache_clear()
        toml(partial(read_exercises, files="damaged.toml"), "damaged.toml")(path)

    return {
        "results": Parser(results._read, (json.dumps(record).encode(),)),
        "moved.toml": Parser(toml(moved.listed, moved.FILE), (MOVED,)),
        "figures.toml": Parser(toml(living.listed, living.LIST), (LIVING,)),
        "exercises": Parser(exercises, (EXERCISES,)),
    }


class Odd:
    """What a reader may put into a cell by mistake, at its worst."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __eq__(self, other):
        raise RuntimeError("==")

    __hash__ = None


ODD = [
    *(None, ..., True, False, 0, -1, 2**2000, 0.1, float("nan"), float("inf"), 1j, b"28"),
    *("", "B", " b. ", "28 x 28", "\ud800", set(), frozenset([1]), range(10**12), Odd(), print),
    *(np.float32(1), np.zeros((0, 3)), np.array("a"), np.array([None, 1]), np.datetime64("NaT")),
    *(lambda: 1, lambda *a: a, lambda *a: 1 / 0, Odd, iter([1]), {"a": 1}, Ellipsis),
]


def _value(rng, depth=3):
    kind = rng.integers(6)
    if kind == 0 and depth:
        return [_value(rng, depth - 1) for _ in range(rng.integers(4))]
    if kind == 1 and depth:
        return tuple(_value(rng, depth - 1) for _ in range(rng.integers(4)))
    if kind == 2:
        return rng.normal(size=tuple(rng.integers(3, size=rng.integers(3)))) * 10.0 ** rng.integers(
            9
        )
    if kind == 3:
        return int(rng.integers(-100, 1000))
    if kind == 4:
        return _text(rng)
    return ODD[rng.integers(len(ODD))]


def _text(rng):
    words = [WORDS[rng.integers(len(WORDS))] for _ in range(rng.integers(1, 5))]
    signs = [chr(c) for c in rng.integers(1, 0xD7FF, size=rng.integers(4))]
    return " ".join(rng.permutation(words + signs))


def _values(folder):
    book = read_exercises(FOLDER)
    labels = sorted(book)

    def answers(rng):
        one = book[labels[rng.integers(len(labels))]]
        known = [one.answer, *one.accept, *(m.get("answer") for m in one.mistakes)]
        return one, known[rng.integers(len(known))] if rng.integers(4) == 0 else _value(rng)

    def judge(pair):
        exercise, answer = pair
        assert exercise.judge(answer).startswith(("Right.", "Not yet: ", "No program can judge"))

    def compare(pair):
        checks.check_equal(*pair)

    def numbers(pair):
        checks.check_close(*pair)

    def words(text):
        vocabulary = Vocabulary.from_texts([text, "good film"], size=9, ngrams=2)
        vocabulary.encode([text], length=4)
        return tokenize(text)

    return {
        "answers": Parser(judge, values=answers),
        "answers compared": Parser(compare, values=lambda rng: (_value(rng), [1, "a"])),
        "numbers compared": Parser(numbers, values=lambda rng: (_value(rng), [1.0, 2.0])),
        "words": Parser(words, values=_text),
        "text in a sentence": Parser(plain, values=_text),
    }
