import os
import subprocess
from pathlib import Path

import pytest

from lambdakit.emulator.processes.control_group import ControlGroup, Place, find_places

MEBIBYTE = 1024 * 1024
BOTH = frozenset({"cpu", "memory"})


def describe(folder: Path, *, mounts: list[str], own: list[str]) -> Path:
    """Write what the kernel says about a process and its control groups."""
    folder.mkdir()
    lines = [f"{number} 1 0:{number} {line}" for number, line in enumerate(mounts)]
    (folder / "mountinfo").write_text("\n".join(["20 1 0:20 / / rw - ext4 /dev/root rw", *lines]) + "\n")
    (folder / "cgroup").write_text("\n".join(own) + "\n")
    return folder


def make_group(folder: Path, controllers: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "cgroup.subtree_control").write_text(controllers + "\n")
    (folder / "cgroup.procs").touch()
    return folder


def test_groups_are_made_in_the_nearest_folder_that_hands_the_controllers_on(tmp_path: Path) -> None:
    top = make_group(tmp_path / "top", "cpu memory pids")
    shared = make_group(top / "user" / "app", "memory cpu")
    make_group(shared / "terminal", "")
    process = describe(
        tmp_path / "self", mounts=[f"/ {top} rw shared:4 - cgroup2 cgroup2 rw"], own=["0::/user/app/terminal"]
    )
    assert find_places(process) == [Place(shared, 2, BOTH)]


def test_a_controller_that_is_not_handed_on_is_not_used(tmp_path: Path) -> None:
    top = make_group(tmp_path / "top", "memory")
    make_group(top / "own", "")
    process = describe(tmp_path / "self", mounts=[f"/ {top} rw - cgroup2 cgroup2 rw"], own=["0::/own"])
    assert find_places(process) == [Place(top, 2, frozenset({"memory"}))]


def test_nothing_is_found_where_nothing_is_handed_on_or_told(tmp_path: Path) -> None:
    top = make_group(tmp_path / "top", "pids")
    # The folder above the hierarchy is none of it.
    (tmp_path / "cgroup.subtree_control").write_text("cpu memory\n")
    (tmp_path / "cgroup.procs").touch()
    process = describe(tmp_path / "self", mounts=[f"/ {top} rw - cgroup2 cgroup2 rw"], own=["0::/"])
    assert find_places(process) == []
    assert find_places(tmp_path / "no-process") == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_of_someone_else_is_passed_over(tmp_path: Path) -> None:
    top = make_group(tmp_path / "top", "cpu memory")
    top.chmod(0o555)
    process = describe(tmp_path / "self", mounts=[f"/ {top} rw - cgroup2 cgroup2 rw"], own=["0::/"])
    assert find_places(process) == []


def test_the_hierarchies_of_version_1_have_a_controller_each(tmp_path: Path) -> None:
    memory, cpu = tmp_path / "memory", tmp_path / "cpu"
    (memory / "container").mkdir(parents=True)
    cpu.mkdir()
    mounts = [
        f"/ {cpu} rw - cgroup cgroup rw,cpu,cpuacct",
        f"/ {memory} rw - cgroup cgroup rw,memory",
        f"/ {tmp_path} rw - cgroup cgroup rw,pids",
    ]
    own = ["3:memory:/container", "2:cpu,cpuacct:/", "1:pids:/", "0::/"]
    process = describe(tmp_path / "self", mounts=mounts, own=own)
    assert find_places(process) == [
        Place(cpu, 1, frozenset({"cpu"})),
        Place(memory / "container", 1, frozenset({"memory"})),
    ]


def test_a_container_that_sees_its_own_part_alone_uses_that(tmp_path: Path) -> None:
    top = make_group(tmp_path / "top", "cpu memory")
    process = describe(tmp_path / "self", mounts=[f"/docker/1 {top} rw - cgroup2 cgroup2 rw"], own=["0::/docker/1"])
    assert find_places(process) == [Place(top, 2, BOTH)]


def read(folder: Path) -> dict[str, str]:
    [group] = folder.glob("lambdakit-*")
    return {file.name: file.read_text().strip() for file in group.iterdir()}


@pytest.mark.parametrize(
    ("version", "files", "unlimited"),
    [
        (2, {"cpu.max": "5000 20000", "memory.max": str(128 * MEBIBYTE)}, {"cpu.max": "max 20000"}),
        (
            1,
            {"cpu.cfs_period_us": "20000", "cpu.cfs_quota_us": "5000", "memory.limit_in_bytes": str(128 * MEBIBYTE)},
            {"cpu.cfs_quota_us": "-1"},
        ),
    ],
)
def test_limits_are_written_as_the_version_wants_them(
    tmp_path: Path, version: int, files: dict[str, str], unlimited: dict[str, str]
) -> None:
    group = ControlGroup([Place(tmp_path, version, BOTH)], wanted=BOTH)
    assert group.controllers == BOTH
    group.limit_cpu(0.25)
    assert group.limit_memory(128)
    assert read(tmp_path) == files
    group.limit_cpu(None)
    assert read(tmp_path) == files | unlimited


@pytest.mark.parametrize(("version", "name"), [(2, "memory.events"), (1, "memory.oom_control")])
@pytest.mark.parametrize(
    ("content", "has_killed"),
    [("oom 1\noom_kill 1\n", True), ("oom 3\noom_kill 0\n", False), ("no such line\n", False), ("oom_kill x\n", False)],
)
def test_a_kill_for_memory_is_told_by_its_count(
    tmp_path: Path, version: int, name: str, content: str, *, has_killed: bool
) -> None:
    group = ControlGroup([Place(tmp_path, version, BOTH)], wanted=["memory"])
    assert not group.has_killed
    [folder] = tmp_path.glob("lambdakit-*")
    (folder / name).write_text(content)
    assert group.has_killed is has_killed


def test_a_command_enters_its_groups_before_it_runs(tmp_path: Path) -> None:
    places = [Place(tmp_path / name, 1, frozenset({name})) for name in ("cpu", "memory")]
    for place in places:
        place.folder.mkdir()
    group = ControlGroup(places, wanted=BOTH)
    command = group.enter(["/bin/sh", "-c", 'echo $$ "$1"', "sh", "an argument"])
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    number, argument = done.stdout.split(maxsplit=1)
    assert argument == "an argument\n"
    assert [read(place.folder)["cgroup.procs"] for place in places] == [number] * 2


def test_without_a_group_a_command_stays_as_it_is(tmp_path: Path) -> None:
    group = ControlGroup([Place(tmp_path, 2, BOTH)], wanted=[])
    assert (group.enter(["true"]), group.controllers, list(tmp_path.iterdir())) == (["true"], frozenset(), [])


def test_a_folder_that_cannot_be_used_gives_no_limit(tmp_path: Path) -> None:
    group = ControlGroup([Place(tmp_path / "nowhere", 2, BOTH)], wanted=BOTH)
    assert (group.controllers, group.has_killed) == (frozenset(), False)
    group.limit_cpu(0.5)
    assert not group.limit_memory(128)


def test_a_group_goes_with_its_owner_and_abandoned_ones_with_the_next(tmp_path: Path) -> None:
    ended = subprocess.Popen(["/bin/true"])
    ended.wait(30)
    abandoned, young, own = (
        tmp_path / f"lambdakit-{owner}" for owner in (f"{ended.pid}-0", f"{ended.pid}-1", f"{os.getpid()}-x")
    )
    for folder in (abandoned, young, own):
        folder.mkdir()
    for folder in (abandoned, own):
        os.utime(folder, (0, 0))
    group = ControlGroup([Place(tmp_path, 2, BOTH)], wanted=BOTH)
    assert len(list(tmp_path.iterdir())) == 3
    group.close()
    assert set(tmp_path.iterdir()) == {young, own}


def test_a_group_that_is_in_use_when_it_is_closed_goes_with_the_next_one(tmp_path: Path) -> None:
    first, second = (ControlGroup([Place(tmp_path, 2, BOTH)], wanted=BOTH) for _ in range(2))
    folder = min(tmp_path.iterdir(), key=lambda path: int(path.name.rpartition("-")[2]))
    # A folder that holds something is refused as one of the kernel's is that holds a process.
    (folder / "process").mkdir()
    first.close()
    assert folder.exists()
    (folder / "process").rmdir()
    second.close()
    assert list(tmp_path.iterdir()) == []
