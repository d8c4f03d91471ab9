"""The book on SLURM, with a node that dies: ``python tests/campaign/slurm.py``.

A cluster of two nodes is set up on this machine, in a temporary folder, and is gone afterwards. The
toy book is built locally and there: same runs, same pages. Then the node that executes a chapter is
killed in the middle of it, and the build has to end well nevertheless. Debian's packages slurmctld,
slurmd, slurm-client and munge are needed, what `NEEDED` says of Python's, and root, who alone may
put a configuration where the commands of a task look for it: in ``/etc/slurm``, and here without
anybody else seeing it there.
"""

import contextlib
import getpass
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

import faults
from toy_book import ToyBook, chapter, outputs, wait_for

NEEDED = "snakemake-executor-plugin-slurm"
# As CONTRIBUTING says; without a database of finished jobs, squeue knows how one ended.
CLUSTER = ["--executor", "slurm", "--jobs", "4", "--retries", "2"]
NO_DATABASE = ["--slurm-status-command", "squeue"]
UNSHARED = "--unshared"
PATIENCE = 1800  # seconds, on a machine that does much else
CONFIG = """
ClusterName=book
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
SlurmctldPort={ports[0]}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
ReturnToService=2
SlurmdTimeout=30
JobRequeue=0
MpiDefault=none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SlurmdParameters=config_overrides
NodeName=one NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=2 RealMemory=9000
NodeName=two NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=2 RealMemory=9000
PartitionName=main Nodes=one,two Default=YES MaxTime=INFINITE State=UP
"""
WAIT = """import os, time
from pathlib import Path
while Path({pause!r}).exists():
    Path({reached!r}).write_text(os.environ["SLURMD_NODENAME"])
    time.sleep(0.1)"""


class Cluster:
    """A controller and two nodes on this machine.

    Parameters
    ----------
    folder : Path
        For all that they keep; short, since it holds sockets.
    """

    MARK = "CAMPAIGN_CLUSTER"  # in the environment of all that runs on it

    def __init__(self, folder):
        self.folder = folder
        self.processes = {}

    def __enter__(self):
        for name in ("etc", "munge", "state", "spool-one", "spool-two"):
            (self.folder / name).mkdir(mode=0o755)
        text = CONFIG.format(
            host=socket.gethostname(),
            user=getpass.getuser(),
            folder=self.folder,
            ports=free_ports(),
        )
        (self.folder / "etc/slurm.conf").write_text(text)
        subprocess.run(["mount", "--bind", self.folder / "etc", "/etc/slurm"], check=True)
        os.environ[self.MARK] = str(self.folder)
        self._start_munge()
        self._start("slurmctld", "-D")
        for node in ("one", "two"):
            self._start("slurmd", "-D", "-N", node, name=node)
        wait_for(lambda: self.asked("sinfo", "-h", "-o", "%T") == "idle", PATIENCE)
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
            process.kill()
        subprocess.run(["umount", "/etc/slurm"], check=True)

    def _start_munge(self):
        munge = self.folder / "munge"
        (munge / "key").write_bytes(os.urandom(128))
        (munge / "key").chmod(0o400)
        files = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log",
                 "seed-file": "seed"}  # fmt: skip
        options = [f"--{option}={munge / file}" for option, file in files.items()]
        self._start("munged", "--foreground", "--force", *options)
        wait_for((munge / "socket").exists, PATIENCE)

    def _start(self, *command, name=None):
        log = (self.folder / f"{name or command[0]}.out").open("w")
        command = [*map(str, command)]
        self.processes[name or command[0]] = subprocess.Popen(command, stdout=log, stderr=log)

    def asked(self, *command):
        """Return what a command of SLURM says, in one line."""
        said = subprocess.run([*command], capture_output=True, text=True)
        return " ".join(said.stdout.split())

    def kill(self, node):
        """Kill a node with all that runs on it, as when its power fails."""
        daemon = self.processes[node]
        lost = [psutil.Process(daemon.pid), *psutil.Process(daemon.pid).children(recursive=True)]
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                given = process.environ()
                ours = given.get(self.MARK) == str(self.folder)
                if ours and given.get("SLURMD_NODENAME") == node:
                    lost.append(process)
        for process in lost:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        daemon.wait()


def free_ports():
    """Return three ports that nobody listens at."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def missing():
    """Return what this machine lacks."""
    programs = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "sinfo")
    lacking = [program for program in programs if not shutil.which(program)]
    lacking += [] if os.geteuid() == 0 else ["root's rights"]
    lacking += [] if Path("/etc/slurm").is_dir() else ["/etc/slurm"]
    plugin = NEEDED.replace("-", "_")
    return lacking + ([] if importlib.util.find_spec(plugin) else [NEEDED])


def build(book, *extra):
    """Build a book; return how long it took."""
    start = time.monotonic()
    status, said = book.run("build", "--profile", "quick", *(["--", *extra] if extra else []))
    assert status == 0, said[-3000:]
    return time.monotonic() - start


def chapters(*cells):
    names = {"one": "{quick: {n: 3}}", "two": "{quick: {n: 3}, after: [part/one]}"}
    return {name: chapter(name, settings, *cells) for name, settings in names.items()}


def assert_same(book, other):
    assert book.executed() == other.executed(), "other runs"
    for name in ("one", "two"):
        assert outputs(book.page(name)) == outputs(other.page(name)), f"another page of {name}"


def same_as_here(folder, _):
    """Build the book here and on the cluster."""
    here, there = (ToyBook(folder / place, **chapters()) for place in ("here", "there"))
    seconds = build(here), build(there, *CLUSTER, *NO_DATABASE)
    assert_same(here, there)
    return "same runs, same pages; {:.0f} s here, {:.0f} s on the cluster".format(*seconds)


def a_node_dies(folder, cluster):
    """Kill the node that executes a chapter, in the middle of it."""
    pause, reached = folder / "pause", folder / "reached"
    wait = WAIT.format(pause=str(pause), reached=str(reached))
    book = ToyBook(folder / "dying", **chapters(wait))
    pause.touch()
    process = book.start("build", "--profile", "quick", "--", *CLUSTER, *NO_DATABASE)
    wait_for(reached.exists, PATIENCE)
    wait_for(reached.read_text, PATIENCE)
    node = reached.read_text()
    cluster.kill(node)
    pause.unlink()
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said[-3000:]
    here = ToyBook(folder / "undisturbed", **chapters(wait))
    build(here)
    assert_same(here, book)
    return f"node {node} killed; its task ran again on the other; same runs, same pages as here"


def main():
    """Try both, and keep what came of it."""
    if lacking := missing():
        print(f"Not tried: {', '.join(lacking)} missing here.")
        return 1
    if UNSHARED not in sys.argv:  # with mounts of our own
        os.execvp("unshare", ["unshare", "--mount", sys.executable, __file__, UNSHARED])
    folder = Path(tempfile.mkdtemp(prefix="slurm-", dir="/tmp"))
    folder.chmod(0o755)
    print(f"Logs are in {folder} until all went well.", flush=True)
    tries = []
    with Cluster(folder) as cluster:
        for fault, trial in {
            "the book is built on SLURM": same_as_here,
            "a node of SLURM dies in the middle of a chapter": a_node_dies,
        }.items():
            said = trial(folder, cluster)
            tries.append({"fault": fault, "said": said, "seen": "new edition", "end": faults.HELD})
            print(fault, said, sep="; ", flush=True)
    faults.keep("slurm", tries)
    shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
