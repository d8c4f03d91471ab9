"""Cache and download, against a server on this machine: nothing wrong or half-written stays."""

import errno
import http.server
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import pooch
import pytest
import tiny_datasets as tiny

from nbhelpers import datasets
from nbhelpers.datasets import _sources
from nbhelpers.datasets._sources import DownloadError
from nbhelpers.errors import DatasetError

each_download = pytest.mark.parametrize("name", tiny.OFFICIAL)


class Mirror(http.server.BaseHTTPRequestHandler):
    """Serves the files of the server's folder, well or badly."""

    def do_GET(self):
        self.server.requests.append(self.path)
        fault, barrier = self.server.fault, self.server.barrier
        if barrier:
            barrier.wait(timeout=300)
        data = (self.server.folder / self.path[1:]).read_bytes()
        promised = len(data)
        if fault == "404":
            self.send_error(404)
            return
        if fault == "web page":
            data = b"<!DOCTYPE html><html>Sign in to the network</html>"
            promised = len(data)
        if fault == "flipped":
            middle = len(data) // 2
            data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        if fault in ("interrupted", "hanging"):
            data = data[: len(data) // 2]
        if fault == "empty":
            data, promised = b"", 0
        self.send_response(200)
        self.send_header("Content-Length", str(promised))
        self.end_headers()
        if fault == "trickling":
            while not self.server.released.wait(timeout=0.05):
                self.wfile.write(b"?")
        self.wfile.write(data)
        if fault == "hanging":
            self.server.released.wait(timeout=300)

    def log_message(self, *args):
        pass


@pytest.fixture
def mirror(tmp_path):
    """Return a function that starts a mirror of a tiny data set, with a fault or without."""
    servers = []

    def start(name, fault=None, barrier=None):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
        server.folder = tmp_path / f"mirror-{name}"
        server.folder.mkdir(exist_ok=True)
        tiny.OFFICIAL[name](server.folder, tiny.SIZES[name])
        server.fault, server.barrier, server.requests = fault, barrier, []
        server.released = threading.Event()
        server.url = f"http://127.0.0.1:{server.server_address[1]}/"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.released.set()
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.setattr(_sources, "TIMEOUT", (2, 0.5))
    monkeypatch.delenv("NBHELPERS_DATA", raising=False)
    monkeypatch.delenv("NBHELPERS_OFFLINE", raising=False)


def spec_for(name, urls):
    """Return the tiny set's specification with these mirrors and the checksums of their files."""
    with tempfile.TemporaryDirectory() as folder:
        tiny.OFFICIAL[name](Path(folder), tiny.SIZES[name])
        files = {path.name: pooch.file_hash(path) for path in sorted(Path(folder).iterdir())}
    if name == "orl":
        files = dict.fromkeys(files)  # as in reality, where no checksum of the archive is known
    spec = replace(tiny.specs()[name], mirrors=tuple(urls), files=files)
    return replace(spec, embedded=lambda: spec_content(name), embedded_detail="a stand-in")


def spec_content(name):
    with tempfile.TemporaryDirectory() as folder:
        tiny.OFFICIAL[name](Path(folder), tiny.SIZES[name])
        spec = tiny.specs()[name]
        return spec.find(spec, Path(folder)).read()


@pytest.fixture
def load(monkeypatch):
    """Return a function that loads a tiny set from some mirrors."""

    def load(name, *servers, **arguments):
        spec = spec_for(name, [server.url for server in servers])
        monkeypatch.setattr(tiny.MODULES[name], "SPEC", spec)
        loader = getattr(datasets, f"load_{name}")
        return loader(**tiny.ARGUMENTS.get(name, {}), **arguments)

    return load


def in_cache(tmp_path):
    return sorted(path.name for path in (tmp_path / "cache").rglob("*") if path.is_file())


def left_behind(tmp_path):
    return [*(tmp_path / "cache").rglob("fetch-*"), *(tmp_path / "cache").rglob("tmp*")]


@each_download
def test_download_then_cache(name, mirror, load, tmp_path):
    server = mirror(name)
    first = load(name, server)
    asked = len(server.requests)
    second = load(name, server)
    assert (first.source.kind, second.source.kind) == ("download", "cache")
    assert first.source.fingerprint == second.source.fingerprint
    assert asked == len(server.requests) == len(in_cache(tmp_path))
    assert not left_behind(tmp_path)


@each_download
def test_own_copy_comes_before_the_cache(name, mirror, load, tmp_path):
    load(name, mirror(name))
    (tmp_path / "home").mkdir()
    tiny.LAYOUTS[name][0](tmp_path / "home", tiny.SIZES[name])
    assert load(name, data_home=tmp_path / "home").source.kind == "own copy"
    (tmp_path / "elsewhere").mkdir()
    assert load(name, data_home=tmp_path / "elsewhere").source.kind == "cache"


FAULTS = ["404", "web page", "flipped", "interrupted", "hanging", "empty"]


@each_download
@pytest.mark.parametrize("fault", FAULTS)
def test_a_mirror_that_fails_is_followed_by_the_next(name, fault, mirror, load, tmp_path):
    bad, good = mirror(name, fault), mirror(name)
    assert load(name, bad, good).source.kind == "download"
    assert bad.requests
    assert load(name).source.kind == "cache"
    assert not left_behind(tmp_path)


@each_download
@pytest.mark.parametrize("fault", FAULTS)
def test_without_a_good_mirror_one_line_and_the_default(name, fault, mirror, load, tmp_path):
    with pytest.warns(UserWarning, match="could not be downloaded") as caught:
        dataset = load(name, mirror(name, fault))
    assert len(caught) == 1
    assert "\n" not in str(caught[0].message)
    assert caught[0].filename == __file__, "the warning points into the package"
    assert dataset.source.kind == "embedded"
    assert not in_cache(tmp_path)
    assert not left_behind(tmp_path)


@each_download
@pytest.mark.parametrize("fault", FAULTS)
def test_the_error_names_the_mirror(name, fault, mirror):
    server = mirror(name, fault)
    with pytest.raises(DatasetError, match=server.url):
        _sources.download_official(spec_for(name, [server.url]))


def test_a_trickle_is_not_waited_for(mirror, load, monkeypatch, tmp_path):
    """Each byte comes in time, and there are not enough of them for any time-out to see it."""
    monkeypatch.setattr(_sources, "PERIOD", 0.5)
    monkeypatch.setattr(_sources, "SLOWEST", 100)
    bad, good = mirror("mnist", "trickling"), mirror("mnist")
    with pytest.raises(DownloadError, match=r"\d bytes in \d+ s; expected 100 a second.*Try again"):
        _sources.download_official(spec_for("mnist", [bad.url]))
    assert load("mnist", bad, good).source.kind == "download"
    assert not left_behind(tmp_path)


def test_a_server_that_is_not_there(load, mirror):
    server = mirror("mnist")
    server.shutdown()
    server.server_close()
    with pytest.warns(UserWarning, match="ConnectionError"):
        assert load("mnist", server).source.kind == "embedded"


@each_download
@pytest.mark.parametrize("how", ["argument", "variable"])
def test_the_network_is_left_alone_if_asked(name, how, mirror, load, monkeypatch):
    server = mirror(name)
    if how == "variable":
        monkeypatch.setenv("NBHELPERS_OFFLINE", "1")
    assert load(name, server, download=how == "variable").source.kind == "embedded"
    assert not server.requests


def damage_cache(tmp_path):
    files = (path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    victim = max(files, key=lambda path: path.stat().st_size)
    data = victim.read_bytes()
    middle = len(data) // 2
    victim.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    return victim


@each_download
def test_a_damaged_cache_is_fetched_again(name, mirror, load, tmp_path):
    server = mirror(name)
    before = load(name, server).source.fingerprint
    damage_cache(tmp_path)
    again = load(name, server)
    assert again.source.kind == "download"
    assert again.source.fingerprint == before
    assert load(name).source.kind == "cache"


@each_download
@pytest.mark.parametrize("fault", ["offline", "404"])
def test_a_damaged_cache_is_never_passed_over(name, fault, mirror, load, tmp_path):
    load(name, mirror(name))
    victim = damage_cache(tmp_path)
    with pytest.raises(DatasetError, match="delete it") as caught:
        load(name, mirror(name, fault), download=fault != "offline")
    assert victim.name in str(caught.value)


def test_half_a_cache_is_no_cache(mirror, load, tmp_path, monkeypatch):
    server = mirror("mnist")
    load("mnist", server)
    next((tmp_path / "cache").rglob("t10k-labels*")).unlink()
    assert load("mnist", download=False).source.kind == "embedded"
    assert load("mnist", server).source.kind == "download"


@each_download
@pytest.mark.parametrize("moment", ["writing", "renaming"])
def test_a_full_disk_is_said(name, moment, mirror, load, tmp_path, monkeypatch):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def write_half(url, output_file, pooch):
        Path(output_file).write_bytes(b"half")
        raise full

    def no_rename(*_):
        raise full

    with monkeypatch.context() as patch:
        if moment == "writing":
            patch.setattr(_sources, "_download", write_half)
        else:
            patch.setattr(os, "replace", no_rename)
        with pytest.raises(DatasetError, match=r"No space left.*Free some space"):
            load(name, mirror(name))
    assert not in_cache(tmp_path)
    assert not left_behind(tmp_path)
    assert load(name, mirror(name)).source.kind == "download"


def as_a_user_without_a_home(code, **environment):
    """Run code as somebody whom the system does not know, as in containers; return what it said."""
    unknown = "import pwd; pwd.getpwuid = {}.__getitem__\n"
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
    } | environment
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", unknown + code], env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    return done.stdout


LOAD = "from nbhelpers import datasets\nprint(datasets.load_{}({}).source.kind)"


def test_a_user_without_a_home_needs_none_where_nothing_is_kept():
    code = "\n".join(LOAD.format(name, "") for name in ("mnist", "orl", "yale", "feret", "imdb"))
    assert as_a_user_without_a_home(code, NBHELPERS_OFFLINE="1") == 5 * "embedded\n"


def test_a_user_without_a_home_is_told_so_before_a_download(tmp_path, monkeypatch):
    said = as_a_user_without_a_home(LOAD.format("mnist", ""))
    assert re.search(
        "DatasetError: This user has no home folder.*Set HOME.*NBHELPERS_OFFLINE", said
    )
    said = as_a_user_without_a_home(LOAD.format("mnist", "data_home='~/data'"))
    assert "DatasetError: ~/data: found no home folder" in said
    monkeypatch.setattr(pooch, "os_cache", lambda project: Path("~/.cache", project))
    with pytest.raises(DatasetError, match="no home folder"):  # and makes no folder of that name
        datasets.load_mnist()


@each_download
def test_a_cache_without_permission_is_said(name, mirror, load):
    load(name, mirror(name))  # imports what is imported late
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o555)
        spec = spec_for(name, [mirror(name).url])
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)  # root may write everywhere
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(pooch, "os_cache", lambda project: Path(folder, project))
                with pytest.raises(DatasetError, match=r"ermission.*NBHELPERS_OFFLINE"):
                    _sources.find_real(spec)
        finally:
            if root:
                os.seteuid(0)


def fetch_in_a_process(name, url, cache, results):
    """Fetch as another process would; puts the kind of source and the fingerprint."""
    pooch.os_cache = lambda project: Path(cache, project)
    module = tiny.MODULES[name]
    module.SPEC = spec_for(name, [url])
    dataset = getattr(datasets, f"load_{name}")(**tiny.ARGUMENTS.get(name, {}))
    results.put((dataset.source.kind, dataset.source.fingerprint))


@each_download
def test_two_processes_fetch_at_once(name, mirror, load, tmp_path):
    server = mirror(name, barrier=threading.Barrier(2))  # nobody is served before both ask
    spawn = multiprocessing.get_context("spawn")
    results = spawn.Queue()
    arguments = (name, server.url, str(tmp_path / "cache"), results)
    processes = [spawn.Process(target=fetch_in_a_process, args=arguments) for _ in range(2)]
    for process in processes:
        process.start()
    found = [results.get(timeout=120) for _ in processes]
    for process in processes:
        process.join()
    assert found[0] == found[1]
    assert found[0][0] == "download"
    assert len(server.requests) == 2 * len(in_cache(tmp_path))
    assert not left_behind(tmp_path)
    assert load(name).source.kind == "cache"


def test_a_process_killed_while_it_fetches_does_no_harm(mirror, load, tmp_path):
    server = mirror("imdb", "hanging")
    spawn = multiprocessing.get_context("spawn")
    arguments = ("imdb", server.url, str(tmp_path / "cache"), spawn.Queue())
    process = spawn.Process(target=fetch_in_a_process, args=arguments)
    process.start()
    while not server.requests:
        time.sleep(0.05)
    process.kill()
    process.join()
    assert load("imdb", download=False).source.kind == "embedded"
    for folder in left_behind(tmp_path):
        os.utime(folder, (0, 0))  # long ago
    assert load("imdb", mirror("imdb")).source.kind == "download"
    assert not left_behind(tmp_path)


def test_fingerprints_follow_what_a_loader_would_take(tmp_path, mirror, load, monkeypatch):
    def now(home=None):
        return datasets.fingerprints(["mnist"], home)["mnist"]

    online = now()
    monkeypatch.setenv("NBHELPERS_OFFLINE", "1")
    assert online == now(), "the same digits"
    monkeypatch.delenv("NBHELPERS_OFFLINE")
    load("mnist", mirror("mnist"))
    cached = now()
    victim = tiny.mnist_idx(tmp_path / "home", tiny.SIZES["mnist"])
    own = now(tmp_path / "home")
    os.utime(victim, (0, 0))
    (tmp_path / "home").rename(tmp_path / "moved")
    assert own == now(tmp_path / "moved"), "neither time nor place is content"
    victim = tmp_path / "moved" / victim.relative_to(tmp_path / "home")
    content = bytearray(victim.read_bytes())
    content[-1] ^= 1  # as many bytes as before
    victim.write_bytes(content)
    assert len({online, cached, own, now(tmp_path / "moved")}) == 4
    marks = [text.startswith("embedded-") for text in (online, cached, own)]
    assert marks == [True, False, False]


def test_a_fingerprint_of_a_folder_is_of_every_file(tmp_path):
    folder = tmp_path / "orl_faces"
    (folder / "s1").mkdir(parents=True)
    (folder / "s1/1.pgm").write_bytes(b"P5")
    prints = [datasets.fingerprints(["orl"], tmp_path)["orl"]]
    (folder / "s1/2.pgm").write_bytes(b"P5")
    prints.append(datasets.fingerprints(["orl"], tmp_path)["orl"])
    (folder / "s1/2.pgm").rename(folder / "s1/3.pgm")
    prints.append(datasets.fingerprints(["orl"], tmp_path)["orl"])
    assert len(set(prints)) == 3


def test_what_is_missing_is_fetched_before_its_fingerprint_is_taken(mirror, monkeypatch):
    monkeypatch.setattr(datasets._mnist, "SPEC", spec_for("mnist", [mirror("mnist").url]))
    first = datasets.fingerprints(["mnist"], download=True)
    assert not first["mnist"].startswith("embedded-")
    assert first == datasets.fingerprints(["mnist"]), "as if it had always been there"


def test_what_cannot_be_fetched_is_warned_of(monkeypatch):
    monkeypatch.setattr(datasets._mnist, "SPEC", spec_for("mnist", ["http://127.0.0.1:9/"]))
    with pytest.warns(UserWarning, match="MNIST could not be downloaded"):
        found = datasets.fingerprints(["mnist"], download=True)
    assert found["mnist"].startswith("embedded-")


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "nbhelpers.datasets", *arguments],
        env=os.environ | environment,
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
    )


def test_the_command_line_prints_fingerprints():
    done = run("fingerprint", "mnist", "orl", NBHELPERS_OFFLINE="1")
    assert json.loads(done.stdout).keys() == {"mnist", "orl"}


def test_the_command_line_says_what_was_found(tmp_path):
    done = run("fetch", "mnist", "feret", NBHELPERS_OFFLINE="1")
    assert done.returncode == 0
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["MNIST", "FERET"]


def test_the_command_line_fails_on_a_wrong_copy(tmp_path):
    (tmp_path / "mnist.npz").write_text("<html>")
    done = run("fetch", "mnist", NBHELPERS_DATA=str(tmp_path))
    assert done.returncode == 1
    assert "web page" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_name_is_refused():
    with pytest.raises(DatasetError, match="cifar"):
        datasets.fingerprints(["cifar"])
