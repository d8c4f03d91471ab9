"""The kernels of a build: what they are given, and how they start with TensorFlow imported.

Importing TensorFlow takes some five seconds of CPU, and a build of the whole book starts more than
forty kernels. So one process imports it once and waits; each kernel is a fork of it, which takes a
moment. Nothing but modules is shared: no op has run, no seed is set, and no thread was started.

Jupyter takes no notice: the kernelspec that `prepare_kernels` leaves names this module as the
command of a kernel. That command, `_ask_for_kernel`, hands its arguments, environment, working
directory and standard streams to the waiting process, stays as long as the kernel lives, and ends
as it ends. When it is killed, so is the kernel.

    build ──starts──▶ _await_order ──fork──▶ _keep ──fork──▶ the kernel
                            ▲                  ▲
    job ──Jupyter──▶ _ask_for_kernel ──────────┘
"""

import contextlib
import ctypes
import gc
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from array import array
from pathlib import Path

ADDRESS = "NBHELPERS_KERNELS"  # where the waiting process listens
ALONE = [sys.executable, "-m", "ipykernel_launcher"]  # how Jupyter starts a kernel
COMMAND = [sys.executable, "-P", "-m", "nbhelpers.publish.kernels"]
USE = "use.json"  # the file at a desk that says what the kernel took
FEW = 8  # kernels, at most, that are quicker started one by one
INLINE = "module://matplotlib_inline.backend_inline"
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONHASHSEED": "0",
    "KERAS_BACKEND": "tensorflow",
    "MATPLOTLIBRC": os.devnull,  # an empty one; MPLCONFIGDIR would find all fonts anew each time
    # On a GPU results differ, and the first kernel takes all of its memory.
    "CUDA_VISIBLE_DEVICES": "-1",
    "NBHELPERS_OFFLINE": "1",  # what can be fetched was, before anything was planned
}
# How the variables begin that would change what a chapter shows, unknown to its key.
UNWANTED = ("KERAS_", "TF_", "XLA_", "MPLBACKEND", "OMP_", "KMP_", "MKL_", "OPENBLAS_",
            "PYTHONOPTIMIZE", "PYTHONWARNINGS", "PYTHONSTARTUP",
            "COLUMNS", "JUPYTER_COLUMNS", "FORCE_COLOR", "NO_COLOR")  # fmt: skip
# Python looks for garbage after each 700 new objects. TensorFlow makes millions that stay, when it
# is imported and when it traces a network; looking through all of them takes a tenth of that time.
SETTINGS = """
c.IPKernelApp.exec_lines = ["__import__('gc').set_threshold(20_000, 10, 10)"]
"""


@contextlib.contextmanager
def kernels_waiting(n_kernels, environment):
    """Have kernels forked while this lasts, where it pays and where forking is safe: on Linux.

    Parameters
    ----------
    n_kernels : int
        How many will be started.
    environment : dict
        Of those who start them.

    Yields
    ------
    dict
        What to add to the environment of those who start kernels.
    """
    if n_kernels <= FEW or sys.platform != "linux":
        yield {}
        return
    # A folder of ours alone; the path of a socket must be short, and TMPDIR may be long.
    with tempfile.TemporaryDirectory(prefix="nbhelpers-", dir="/tmp") as folder:
        address = f"{folder}/kernels"
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(address)
            server.listen(n_kernels)
            waiting = subprocess.Popen(
                [*COMMAND, "wait", str(server.fileno())],
                env=_isolated(environment) | {"KERAS_HOME": folder},
                pass_fds=[server.fileno()],
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # TensorFlow reports what this machine lacks
            )
        try:
            yield {ADDRESS: address}
        finally:
            waiting.kill()
            waiting.wait()


def prepare_kernels(desk):
    """Set the environment for kernels: one thread, no kernelspec or settings of the user's.

    Parameters
    ----------
    desk : Path
        A folder for what is written.
    """
    isolated = _isolated(os.environ)
    os.environ.clear()
    os.environ.update(isolated, IPYTHONDIR=str(desk / "ipython"), KERAS_HOME=str(desk / "keras"))
    _write(desk / "ipython/profile_default/ipython_kernel_config.py", SETTINGS)
    argv = ALONE
    if ADDRESS in os.environ:
        argv = [*COMMAND, "ask", os.environ[ADDRESS], str(desk / USE)]
    spec = {"argv": [*argv, "-f", "{connection_file}"], "display_name": "Python 3"}
    os.environ["JUPYTER_PATH"] = str(desk / "jupyter")
    _write(desk / "jupyter/kernels/python3/kernel.json", json.dumps(spec | {"language": "python"}))


def _isolated(environment):
    """Return an environment without the user's settings and with ours."""
    kept = {name: value for name, value in environment.items() if not name.startswith(UNWANTED)}
    return kept | ENVIRONMENT


def _write(file, text):
    file.parent.mkdir(parents=True)
    file.write_text(text, "utf-8")


def kernel_use(desk):
    """Return what the kernel took that has just ended at a desk.

    Returns
    -------
    dict
        ``peak_mb``, its largest resident memory, and ``cpu_seconds``, on all cores together.
    """
    if ADDRESS in os.environ:
        for _ in range(100):  # its keeper writes it down in the moment after
            with contextlib.suppress(OSError, ValueError):
                return json.loads((desk / USE).read_text())
            time.sleep(0.1)
    return _use(resource.getrusage(resource.RUSAGE_CHILDREN))  # it was a child of ours


def _use(used):
    peak = used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return {"peak_mb": round(peak), "cpu_seconds": round(used.ru_utime + used.ru_stime, 2)}


def _ask_for_kernel(address, use_file, *arguments):
    """Have a kernel started; return its exit status when it has ended."""
    order = {"argv": arguments, "env": dict(os.environ), "cwd": os.getcwd()}
    order["use_file"] = use_file
    status = None
    with socket.socket(socket.AF_UNIX) as keeper, contextlib.suppress(OSError):
        keeper.connect(address)
        socket.send_fds(keeper, [b"order"], [0, 1, 2])
        keeper.sendall(json.dumps(order).encode() + b"\n")
        with keeper.makefile() as lines:
            if lines.readline() == "started\n":
                status = 1  # unless the keeper says otherwise
                status = int(lines.readline() or status)
    if status is None:  # nobody waits, or the import failed
        os.execv(sys.executable, [*ALONE, *arguments])
    return status


def _await_order(server):
    """Fork for each order; return, in the kernel's process alone, the arguments of the kernel."""
    build, pages = os.getppid(), _file_pages()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the keepers
    server.settimeout(1)
    while os.getppid() == build:
        try:
            order, _ = server.accept()
        except TimeoutError:
            continue
        if os.fork() == 0:
            server.close()
            return _keep(order, pages)
        order.close()
    sys.exit("The build is gone.")


def _keep(order, pages):
    """Fork the kernel and stay with it until it ends, or until nobody wants it any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, streams, _, _ = socket.recv_fds(order, len(b"order"), 3)
    with order.makefile() as lines:
        wanted = json.loads(lines.readline())
    kernel = os.fork()
    if kernel == 0:
        order.close()
        _map(pages)
        return _take_over(wanted, streams)
    order.sendall(b"started\n")
    threading.Thread(target=_kill_when_unwanted, args=(order, kernel), daemon=True).start()
    _, status, used = os.wait4(kernel, 0)
    with contextlib.suppress(OSError):  # the folder, or the one who asked, may be gone
        Path(wanted["use_file"]).write_text(json.dumps(_use(used)))
        order.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _file_pages():
    """Return the addresses of all pages of files, such as libraries, that this process holds."""
    size, addresses = resource.getpagesize(), []
    with open("/proc/self/maps") as maps, open("/proc/self/pagemap", "rb") as pagemap:
        for span, mode, _, _, inode, *_ in map(str.split, maps):
            first, end = (int(address, 16) // size for address in span.split("-"))
            if mode.startswith("r") and inode != "0":
                pagemap.seek(8 * first)
                entries = array("Q", pagemap.read(8 * (end - first)))
                addresses += [size * (first + n) for n, entry in enumerate(entries) if entry >> 63]
    return addresses


def _map(pages):
    """Look once at each page, for a fork holds those of files only when it has looked at them.

    In Binder and Colab a kernel imports for itself, so its memory is counted as if this one had.
    """
    for address in pages:
        ctypes.string_at(address, 1)


def _kill_when_unwanted(order, kernel):
    order.recv(1)  # nothing more is ever sent: this returns when the other side is gone
    with contextlib.suppress(ProcessLookupError):
        os.kill(kernel, signal.SIGKILL)


def _take_over(wanted, streams):
    """Make this process look as if it had been started by the one who asked."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(wanted["env"])
    os.chdir(wanted["cwd"])
    _forget_the_import()
    return [*wanted["argv"], f"--IPKernelApp.parent_handle={os.getppid()}"]  # it ends with that


def _forget_the_import():
    """Choose anew what libraries and Python choose when they are imported."""
    sys.modules["matplotlib"].rcParams["backend"] = os.environ.get("MPLBACKEND", INLINE)
    sys.modules["pandas"].set_option("display.max_columns", 20)  # 0 where no IPython runs
    # Or all kernels would draw the same numbers, and nbval would not notice a missing seed.
    sys.modules["numpy"].random.seed()
    sys.modules["sympy.core.random"].seed()
    random.seed()


def main(task, *arguments):
    """Ask for a kernel, or wait for those who ask."""
    if task == "ask":
        sys.exit(_ask_for_kernel(*arguments))
    import keras  # noqa: F401  TensorFlow, pandas, Matplotlib and SciPy come with it
    import sympy  # noqa: F401
    from ipykernel.kernelapp import launch_new_instance

    gc.freeze()  # looking for garbage would copy the pages of all those modules
    launch_new_instance(argv=_await_order(socket.socket(fileno=int(arguments[0]))))


if __name__ == "__main__":
    main(*sys.argv[1:])
