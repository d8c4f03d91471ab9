"""Kernels that are forked from a process which has imported TensorFlow."""

import os
import signal
import sys
from contextlib import contextmanager

import psutil
import pytest
from jupyter_client.manager import start_new_kernel
from toy_book import ToyBook, chapter, descendants, gone, outputs, wait_for

from nbhelpers.publish import kernels

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")


@pytest.fixture(scope="module")
def waiting():
    with kernels.kernels_waiting(kernels.FEW + 1, dict(os.environ)) as address:
        yield address


@pytest.fixture
def desk(tmp_path, monkeypatch, waiting):
    """Return a desk whose kernels are forked."""
    monkeypatch.setattr(os, "environ", os.environ.copy() | waiting)
    (tmp_path / "cwd").mkdir()
    kernels.prepare_kernels(tmp_path)
    return tmp_path


@contextmanager
def kernel(desk):
    """Start a kernel as nbval does; yield its manager and a function that runs code in it."""
    manager, client = start_new_kernel(kernel_name="python3", cwd=desk / "cwd", startup_timeout=300)

    def run(code):
        said = []
        reply = client.execute_interactive(code, output_hook=said.append, timeout=300)
        assert reply["content"]["status"] == "ok", reply["content"]
        return said

    try:
        yield manager, run
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def text(messages):
    return "".join(m["content"]["text"] for m in messages if m["msg_type"] == "stream")


def test_a_forked_kernel_is_like_any_other_but_has_tensorflow_imported(desk):
    os.environ["COLOUR"] = "green"
    with kernel(desk) as (_, run):
        facts = "sys.modules['tensorflow'].__name__, os.getcwd(), os.environ['COLOUR']"
        assert text(run(f"import os, sys; print({facts})")) == f"tensorflow {desk / 'cwd'} green\n"
        assert (
            text(run("import tensorflow as tf; print(float(tf.reduce_sum(tf.ones(3))))")) == "3.0\n"
        )
        drawn = run("import matplotlib.pyplot as plt; plt.plot([1, 2]);")
        assert ["image/png" in m["content"].get("data", ()) for m in drawn].count(True) == 1


FIT = """
import keras, numpy, sympy
net = keras.Sequential([keras.Input((9, 9, 1)), keras.layers.Conv2D(8, 3), keras.layers.Flatten()])
net.compile("adam", "mse")
net.fit(numpy.ones((9, 9, 9, 1)), numpy.ones((9, 392)), verbose=0)
held = numpy.ones((100, 1000, 1000), dtype="uint8")
"""


def test_the_peak_of_a_forked_kernel_is_that_of_one_started_alone(tmp_path, desk):
    with kernel(desk) as (_, run):
        run(FIT)
    alone = tmp_path / "alone"
    (alone / "cwd").mkdir(parents=True)
    del os.environ[kernels.ADDRESS]
    kernels.prepare_kernels(alone)
    with kernel(alone) as (_, run):
        run(FIT)
        status = text(run("print(open('/proc/self/status').read())"))
    expected = int(status.split("VmHWM:")[1].split()[0])
    os.environ[kernels.ADDRESS] = "any"
    used = kernels.kernel_use(desk)
    assert used["peak_mb"] == pytest.approx(expected / 1e3, rel=0.03)
    assert used["cpu_seconds"] > 0


HOSTILE = {
    "KERAS_BACKEND": "jax",
    "TF_USE_LEGACY_KERAS": "1",
    "MPLBACKEND": "svg",
    "PYTHONOPTIMIZE": "1",
    "COLUMNS": "33",
    "CUDA_VISIBLE_DEVICES": "0",
    "COLOUR": "green",  # whatever else the user has is none of our business
}
SEEN = """
import logging, os, shutil, keras, matplotlib, nbhelpers, pandas
logging.getLogger("tensorflow").warning("5 out of the last 5 calls triggered retracing")
config = keras.config
print(config.backend(), config.floatx(), matplotlib.rcParams["font.size"], __debug__)
print(matplotlib.get_backend().endswith("inline"), shutil.get_terminal_size().columns)
print(pandas.get_option("display.max_columns"))
print(os.environ.get("TF_USE_LEGACY_KERAS"), os.environ["COLOUR"], os.environ["NBHELPERS_OFFLINE"])
print(os.environ["CUDA_VISIBLE_DEVICES"])
"""


@pytest.mark.parametrize("n_kernels", [1, kernels.FEW + 1])
def test_no_setting_of_the_user_reaches_a_kernel(tmp_path, monkeypatch, n_kernels):
    for folder in ("cwd", "keras-home", "config/matplotlib"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "keras-home/keras.json").write_text('{"floatx": "float64", "backend": "jax"}')
    (tmp_path / "config/matplotlib/matplotlibrc").write_text("font.size: 33")
    homes = {
        "KERAS_HOME": str(tmp_path / "keras-home"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    monkeypatch.setattr(os, "environ", os.environ.copy() | HOSTILE | homes)
    with kernels.kernels_waiting(n_kernels, dict(os.environ)) as address:
        os.environ.update(address)
        kernels.prepare_kernels(tmp_path)
        with kernel(tmp_path) as (_, run):
            seen = text(run(SEEN)).splitlines()
    assert seen == ["tensorflow float32 10.0 True", "True 80", "20", "None green 1", "-1"]


def test_unseeded_numbers_differ_from_kernel_to_kernel(desk):
    draw = "import random, numpy as np, keras, sympy.core.random as s\n"
    draw += "print(random.random(), np.random.rand(), s.random())"
    drawn = []
    for _ in range(2):
        with kernel(desk) as (_, run):
            drawn += text(run(draw)).split()
    assert len(set(drawn)) == 6


@pytest.mark.parametrize("who", ["asker", "keeper"])
def test_a_kernel_ends_with_the_process_that_asked_for_it_and_with_its_keeper(desk, who):
    with kernel(desk) as (manager, run):
        process = psutil.Process(int(text(run("import os; print(os.getpid())"))))
        os.kill(manager.provisioner.pid if who == "asker" else process.ppid(), signal.SIGKILL)
        wait_for(lambda: gone([process]), seconds=20)


def test_a_kernel_that_dies_is_noticed(desk):
    with kernel(desk) as (manager, run):
        process = psutil.Process(int(text(run("import os; print(os.getpid())"))))
        process.kill()
        wait_for(lambda: not manager.is_alive(), seconds=20)


@pytest.mark.parametrize("why", ["nobody waits", "the import fails"])
def test_a_kernel_starts_alone_where_none_can_be_forked(tmp_path, monkeypatch, why):
    (tmp_path / "cwd").mkdir()
    (tmp_path / "keras.py").write_text("raise ImportError")
    monkeypatch.setattr(os, "environ", os.environ.copy())
    broken = os.environ.copy() | {"PYTHONPATH": str(tmp_path)}
    with kernels.kernels_waiting(kernels.FEW + 1, broken) as address:
        nowhere = {kernels.ADDRESS: str(tmp_path / "nowhere")}
        os.environ.update(nowhere if why == "nobody waits" else address)
        kernels.prepare_kernels(tmp_path)
        with kernel(tmp_path) as (_, run):
            assert text(run("import sys; print('tensorflow' in sys.modules)")) == "False\n"


def test_a_build_of_many_chapters_forks_its_kernels_and_takes_them_along_when_it_dies(tmp_path):
    names = ["one", "two", "three", "four", "five"]
    told = "import sys\nprint('tensorflow' in sys.modules)"
    wait = "if Path('{0}/pause').exists():\n    Path('{0}/reached').touch()\n    import time"
    wait = wait.format(tmp_path) + "\n    time.sleep(600)"
    chapters = {name: chapter(name, "{quick: {n: 3}}", told, wait) for name in names}
    book = ToyBook(tmp_path, **chapters)
    (tmp_path / "pause").touch()
    process = book.start("build", "--profile", "quick")
    wait_for((tmp_path / "reached").exists)
    children = descendants(process)
    assert any(kernels.__name__ in child.cmdline() for child in children)
    process.kill()
    process.communicate()
    wait_for(lambda: gone(children))
    (tmp_path / "pause").unlink()
    status, said = book.run("build", "--profile", "quick")
    assert status == 0, said
    assert [outputs(book.page(name))[-1] for name in names] == ["True\n"] * 5
