"""What a build says about its own costs."""

import json
from types import SimpleNamespace

import pytest

from nbhelpers.publish import build, costs, kernels
from nbhelpers.publish.progress import Clock

STAGES = {"start": 1.0, "kernel": 0.5, "imports": 0.25, "cells": 30.0, "saving": 0.25}


@pytest.fixture
def project(tmp_path):
    return SimpleNamespace(build=tmp_path, html=lambda profile: tmp_path / profile / "html")


def run(project, name, cpu_seconds, stages=STAGES):
    """Leave what the two runs of a chapter leave; return its entry in a plan."""
    folder = project.build / "runs" / name
    folder.mkdir(parents=True)
    facts = {"seconds": 31.0, "cpu_seconds": cpu_seconds, "cells": 3, "stages": stages}
    for file in ("run.json", "validated.json"):
        (folder / file).write_text(json.dumps(facts))
    return {"folder": f"runs/{name}", "validated": f"runs/{name}/validated.json"}


def test_the_least_is_what_this_builds_kernels_computed_over_the_cores(project):
    runs = {"one": run(project, "one", 30.0), "two": run(project, "two", 500.0)}
    tasks = {"execute one (quick)": 32.04, "validate one (quick)": 12.0, "html (quick)": 5.0}
    plan = {"profile": "quick", "runs": runs}
    found = costs.measure_costs(project, plan, tasks, cores=2, seconds=60.0)
    assert json.loads((project.build / "quick/costs.json").read_text()) == found
    assert found["least_seconds"] == (30 + 30) / 2  # the second chapter was kept
    assert found["executed"] == ["one"]
    assert found["chapters"]["one"]["execute"]["seconds"] == 32.0
    assert found["pages"] == {"assemble": None, "html": 5.0}
    ratio, beside = costs.lines_on_costs(found)
    assert "on 2 cores is 30 s" in ratio
    assert "2.00 times" in ratio
    assert "took 2.0 s: start 1.0 s, kernel 0.5 s" in beside


def test_a_build_that_executed_nothing_states_no_ratio(project):
    plan = {"profile": "quick", "runs": {"one": run(project, "one", 30.0)}}
    found = costs.measure_costs(project, plan, {"html (quick)": 5.0}, cores=2, seconds=6.0)
    assert (found["executed"], found["chapters"]) == ([], {})
    assert costs.lines_on_costs(found) == []


def test_the_table_has_runs_without_a_second_one_and_runs_of_older_builders(project, capsys):
    runs = {name: run(project, name, 30.0) for name in ("whole", "half", "old")}
    for entry in runs.values():
        entry["promised_mb"] = 850
        file = project.build / entry["folder"] / "run.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"peak_mb": 812}))
        (project.build / entry["validated"]).write_text('{"seconds": 12.0, "peak_mb": 700}')
    (project.build / runs["half"]["validated"]).unlink()
    file = project.build / runs["old"]["folder"] / "run.json"
    file.write_text('{"seconds": 31.0, "peak_mb": 812, "cells": 3}')
    build._summarise(project, {"profile": "quick", "runs": runs}, [])
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    assert rows == [
        ["whole", "3", "31.0", "2.0", "12.0", "812", "(kept)"],
        ["half", "3", "31.0", "2.0", "812", "(kept)"],
        ["old", "3", "31.0", "12.0", "812", "(kept)"],
    ]


def test_a_clock_counts_from_the_start_of_the_process_and_adds_up():
    clock = Clock()
    clock.end("start")
    for stage in ("cells", "saving", "cells"):
        clock.since -= 10  # as if that had taken ten seconds
        clock.end(stage)
    assert list(clock.stages) == ["start", "cells", "saving"]
    assert clock.stages["start"] > 0
    assert clock.stages["cells"] == pytest.approx(2 * clock.stages["saving"], rel=0.1)


def test_what_a_kernel_took_is_in_megabytes_and_seconds(monkeypatch):
    used = SimpleNamespace(ru_maxrss=250_000, ru_utime=3.25, ru_stime=0.5)
    monkeypatch.setattr(kernels.sys, "platform", "linux")
    assert kernels._use(used) == {"peak_mb": 250, "cpu_seconds": 3.75}
