"""The reader's own copies: every layout is recognised, and no damage gets through."""

import os
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tiny_datasets as tiny

from nbhelpers import datasets
from nbhelpers.errors import DatasetError

CASES = [
    pytest.param(name, layout, id=layout.__name__)
    for name, layouts in tiny.LAYOUTS.items()
    for layout in layouts
]
each_layout = pytest.mark.parametrize(("name", "layout"), CASES)


@pytest.fixture(autouse=True)
def tiny_sets(monkeypatch):
    """Put tiny sets in the place of the real ones, and the network out of reach."""
    monkeypatch.setenv("NBHELPERS_OFFLINE", "1")
    monkeypatch.delenv("NBHELPERS_DATA", raising=False)
    for name, spec in tiny.specs().items():
        monkeypatch.setattr(tiny.MODULES[name], "SPEC", spec)


def load(name, home, **arguments):
    loader = getattr(datasets, f"load_{name}")
    return loader(data_home=home, **(tiny.ARGUMENTS.get(name, {}) | arguments))


def content(dataset):
    return dataset.source.fingerprint


def refused(name, home):
    """Load what must be refused; return the message, which has all four parts."""
    with pytest.raises(DatasetError) as caught:
        load(name, home)
    message = str(caught.value)
    assert "found " in message
    assert "; expected " in message
    assert message.rstrip().endswith("."), "no sentence that says what to do"
    assert str(home) in message
    return message


@each_layout
def test_a_layout_is_recognised_in_the_folder_and_in_the_sets_own(name, layout, tmp_path):
    layout(tmp_path, tiny.SIZES[name])
    inner = tmp_path / "all" / name
    inner.mkdir(parents=True)
    layout(inner, tiny.SIZES[name])
    first, second = load(name, tmp_path), load(name, tmp_path / "all")
    assert first.source.kind == second.source.kind == "own copy"
    assert content(first) == content(second)


@pytest.mark.parametrize("name", tiny.MODULES)
def test_the_environment_variable_names_the_folder(name, tmp_path, monkeypatch):
    tiny.LAYOUTS[name][0](tmp_path, tiny.SIZES[name])
    monkeypatch.setenv("NBHELPERS_DATA", str(tmp_path))
    assert load(name, None).source.kind == "own copy"


@pytest.mark.parametrize("ending", ["-ubyte", ".ubyte", ".ubyte.gz"])
def test_other_names_of_the_idx_files(tmp_path, ending):
    tiny.mnist_idx(tmp_path / "a", tiny.SIZES["mnist"])
    tiny.mnist_idx(tmp_path / "b", tiny.SIZES["mnist"], ending=ending)
    assert content(load("mnist", tmp_path / "a")) == content(load("mnist", tmp_path / "b"))


def test_idx_files_that_a_browser_unzipped_but_did_not_rename(tmp_path):
    path = tiny.mnist_idx(tmp_path, tiny.SIZES["mnist"])
    before = content(load("mnist", tmp_path))
    tiny.mnist_idx(tmp_path / "plain", tiny.SIZES["mnist"], ending="-ubyte")
    path.write_bytes((tmp_path / "plain" / "t10k-images-idx3-ubyte").read_bytes())
    assert content(load("mnist", tmp_path)) == before


def test_the_quirks_of_the_official_yale_archive(tmp_path):
    (tmp_path / "plain").mkdir()
    tiny.yale_folder(tmp_path / "plain", tiny.SIZES["yale"])
    tiny.yale_folder(tmp_path, tiny.SIZES["yale"], official=True)
    assert content(load("yale", tmp_path)) == content(load("yale", tmp_path / "plain"))


def test_yale_files_that_all_end_in_gif(tmp_path):
    inner = tiny.yale_folder(tmp_path, tiny.SIZES["yale"]).parent
    before = content(load("yale", tmp_path))
    for path in sorted(inner.iterdir()):
        path.rename(f"{path}.gif")
    assert content(load("yale", tmp_path)) == before


def test_pixels_are_where_the_matlab_file_has_them(tmp_path):
    path = tiny.feret_mat(tmp_path, tiny.SIZES["feret"])
    shown = load("feret", path.parent, size=(32, 32)).x_train[1, :, :, 0]
    written = tiny.mat_pixels("feret", tiny.SIZES["feret"])[0, 1]
    assert np.array_equal(shown * 255, written)


DAMAGES = {
    "empty": lambda data: b"",
    "truncated": lambda data: data[: len(data) // 2],
    # A Matlab file begins with free text; its magic stands behind that.
    "wrong magic": lambda data: (
        data[:124] + b"ABCD" + data[128:] if data.startswith(b"MATLAB") else b"ABCD" + data[4:]
    ),
    "web page": lambda data: b"<!DOCTYPE html><html><body>Sign in to the network</body></html>",
    "noise": lambda data: bytes(np.random.default_rng(2).integers(0, 256, len(data), np.uint8)),
}


@each_layout
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused(name, layout, damage, tmp_path):
    victim = layout(tmp_path, tiny.SIZES[name])
    victim.write_bytes(DAMAGES[damage](victim.read_bytes()))
    message = refused(name, tmp_path)
    # Only reviews are too many to say in which one a byte differs.
    assert victim.name in message or name == "imdb"


def refusals(name, layout, home, damaged):
    """Load every damaged version; each is refused, which is counted, or loads the same content."""
    victim = layout(home, tiny.SIZES[name])
    before, data, count = content(load(name, home)), victim.read_bytes(), 0
    for version in damaged(data):
        victim.write_bytes(version)
        try:
            assert content(load(name, home)) == before
        except DatasetError:
            count += 1
    return count


def flipped(data):
    for position in {*range(min(24, len(data))), *range(0, len(data), max(1, len(data) // 60))}:
        yield data[:position] + bytes([data[position] ^ 0x10]) + data[position + 1 :]


@pytest.mark.parametrize(
    ("name", "layout"), [case for case in CASES if case.values[1] is not tiny.feret_folder]
)
def test_a_flipped_bit_is_refused_or_without_effect(name, layout, tmp_path):
    assert refusals(name, layout, tmp_path, flipped) >= 4


def test_a_flipped_pixel_of_feret_changes_the_fingerprint(tmp_path):
    # No checksum of these pictures is known, so only the fingerprint can tell two copies apart.
    victim = tiny.feret_folder(tmp_path, tiny.SIZES["feret"])
    before, data = content(load("feret", tmp_path)), victim.read_bytes()
    pixels = data.index(tiny.random_pixels(*tiny.SIZES["feret"])[2, 1].tobytes())
    victim.write_bytes(data[:pixels] + bytes([data[pixels] ^ 0x10]) + data[pixels + 1 :])
    assert content(load("feret", tmp_path)) != before


@each_layout
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_a_file_cut_anywhere_is_refused_or_without_effect(name, layout, tmp_path):
    def cut(data):
        return [data[:length] for length in range(0, len(data), max(1, len(data) // 40))] + [
            data[:-1]
        ]

    assert refusals(name, layout, tmp_path, cut) >= 30


@each_layout
def test_another_shape_is_refused(name, layout, tmp_path):
    smaller = {
        "mnist": (19, 10),
        "orl": (3, 4, 15, 12),
        "feret": (3, 7, 20, 21) if layout is tiny.feret_folder else (2, 7, 20, 20),
        "yale": (2, 11, 23, 31) if layout is tiny.yale_folder else (1, 11, 23, 30),
        "imdb": (2,),
    }
    layout(tmp_path, smaller[name])
    refused(name, tmp_path)


@each_layout
def test_a_missing_member_is_refused(name, layout, tmp_path):
    layout(tmp_path, tiny.SIZES[name], drop=True)
    refused(name, tmp_path)


@each_layout
@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_missing_permission_is_said(name, layout, what, open_folder, as_nobody):
    victim = layout(open_folder, tiny.SIZES[name])
    load(name, open_folder)  # imports what is imported late, which nobody may not be able to
    forbidden = victim if what == "file" else victim.parent
    forbidden.chmod(0)
    as_nobody()
    try:
        assert "Mend its permissions" in refused(name, open_folder)
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        forbidden.chmod(0o755)


@pytest.mark.parametrize("evil", ["../evil.txt", "/evil.txt", "aclImdb/../../evil.txt"])
@pytest.mark.parametrize(
    ("name", "file"),
    [("orl", "orl_faces.tar.gz"), ("orl", "att_faces.zip"), ("imdb", "aclImdb_v1.tar.gz")],
)
def test_a_member_that_climbs_out_is_refused(name, file, evil, tmp_path):
    members = {"orl": tiny.orl_members, "imdb": tiny.imdb_members}[name](tiny.SIZES[name])
    members = [*members, (evil, b"evil")]
    path = tmp_path / "home" / file
    path.parent.mkdir()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for member, data in members:
                archive.writestr(member, data)
    else:
        tiny.write_tar(path, members)
    assert evil in refused(name, path.parent)
    assert [p.name for p in tmp_path.rglob("*")] == ["home", file]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
@pytest.mark.parametrize("name", ["orl", "imdb"])
def test_a_link_in_an_archive_is_refused(name, kind, tmp_path):
    wanted = {"orl": "orl_faces/s1/1.pgm", "imdb": "aclImdb/train/pos/0_8.txt"}[name]
    path = tmp_path / {"orl": "orl_faces.tar", "imdb": "aclImdb.tar"}[name]
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo(wanted)
        member.type, member.linkname = kind, "/etc/passwd"
        archive.addfile(member)
    assert "a link or device" in refused(name, tmp_path)


def test_a_link_in_a_zip_file_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "att_faces.zip", "w") as archive:
        link = zipfile.ZipInfo("s1/1.pgm")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert "a link or device" in refused("orl", tmp_path)


def test_a_pickle_in_an_npz_is_never_opened(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (Path(tmp_path / "exploded").touch, ())

    np.savez(tmp_path / "mnist.npz", x_train=np.array([Bomb()], dtype=object))
    refused("mnist", tmp_path)
    assert not (tmp_path / "exploded").exists()


def test_a_folder_that_does_not_exist_is_no_silent_default(tmp_path):
    assert "NBHELPERS_DATA" in refused("mnist", tmp_path / "mistyped")


@pytest.mark.parametrize("name", ["feret", "yale"])
def test_an_absent_copy_leads_to_the_embedded_default(name, tmp_path):
    dataset = load(name, tmp_path, n_people=2)
    assert dataset.source.kind == "embedded"
    assert not dataset.source.comparable
    assert "not comparable with published results" in dataset.notice()
