"""A job is described, or found by the variables of what has started it."""

import pytest

from isthmus.errors import IsthmusError
from isthmus.runs import Job


@pytest.mark.parametrize("wrong", ["host", "host:", ":4567", "host:0", "host:port", "host:99999"])
def test_coordinator_is_host_and_port(wrong):
    with pytest.raises(IsthmusError, match="no host and port: write it like"):
        Job(wrong, 2, 0)


def test_process_id_is_one_of_the_processes():
    with pytest.raises(IsthmusError, match="process 2 is none of 2 processes: count from 0 to 1"):
        Job("host:4567", 2, 2)


def test_without_a_cluster_none_is_found():
    with pytest.raises(IsthmusError, match="no job of Slurm or Open MPI was found"):
        Job.detect()


def test_job_of_open_mpi_is_found(monkeypatch):
    monkeypatch.setenv("OMPI_MCA_orte_hnp_uri", "1531576320.0;tcp://10.96.0.1,10.148.0.1:34911")
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "4")
    monkeypatch.setenv("OMPI_COMM_WORLD_RANK", "2")
    monkeypatch.setenv("OMPI_COMM_WORLD_LOCAL_RANK", "0")
    job = Job.detect()
    assert (job.n_processes, job.process_id, job.local_device_ids) == (4, 2, (0,))
    assert job.coordinator.startswith("10.96.0.1:")


def test_job_of_slurm_is_found(monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "4711")
    monkeypatch.setenv("SLURM_STEP_NODELIST", "node[003-006]")
    monkeypatch.setenv("SLURM_NTASKS", "4")
    monkeypatch.setenv("SLURM_PROCID", "3")
    monkeypatch.setenv("SLURM_LOCALID", "0")
    job = Job.detect()
    assert (job.n_processes, job.process_id) == (4, 3)
    assert job.coordinator.startswith("node003:")
