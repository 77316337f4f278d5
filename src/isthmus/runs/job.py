"""What a process knows of the job that it is part of."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import final

from isthmus.errors import IsthmusError

# Above those that Linux gives to programs by itself.
_FIRST_PORT, _N_PORTS = 2**16 - 2**12, 2**12


@final
@dataclass(frozen=True)
class Job:
    """What a process knows of its job.

    Parameters
    ----------
    coordinator : str
        Host and port at which process 0 meets the others, such as ``"10.0.0.1:4567"``.
    n_processes : int
        How many there are.
    process_id : int
        Which one this is, counted from 0.
    local_device_ids : tuple of int or None
        The devices of the machine that this process uses; all by default.
    """

    coordinator: str
    n_processes: int
    process_id: int
    local_device_ids: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        host, _, port = self.coordinator.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
            raise IsthmusError(
                f"the coordinator {self.coordinator!r} is no host and port: "
                "write it like 10.0.0.1:4567."
            )
        if not 0 <= self.process_id < self.n_processes:
            raise IsthmusError(
                f"process {self.process_id} is none of {self.n_processes} processes: "
                f"count from 0 to {self.n_processes - 1}."
            )

    @property
    def address(self) -> tuple[str, int]:
        """Host and port at which process 0 listens."""
        host, _, port = self.coordinator.rpartition(":")
        return host.removeprefix("[").removesuffix("]"), int(port)

    @classmethod
    def detect(cls) -> Job:
        """Find the job that Slurm or Open MPI has started, by the variables that it set.

        Raises
        ------
        IsthmusError
            Neither has.
        """
        job = cls._of_slurm() or cls._of_open_mpi()
        if job is None:
            raise IsthmusError(
                "no job of Slurm or Open MPI was found: start inside of one, or give "
                "--coordinator HOST:PORT, --processes and --process-id."
            )
        return job

    @classmethod
    def _of_slurm(cls) -> Job | None:
        # The first host of "node[003-006]", of "node[3,5]" or of "node3,node5".
        first = re.match(r"([^,\[]+)(?:\[(\w+))?", os.environ.get("SLURM_STEP_NODELIST", ""))
        names = ("SLURM_JOB_ID", "SLURM_NTASKS", "SLURM_PROCID", "SLURM_LOCALID")
        if first is None or not all(name in os.environ for name in names):
            return None
        number, n_processes, process_id, device_id = (int(os.environ[name]) for name in names)
        host = first[1] + (first[2] or "")
        return cls(f"{host}:{_port(number)}", n_processes, process_id, (device_id,))

    @classmethod
    def _of_open_mpi(cls) -> Job | None:
        # The number of the job, and the addresses of its first host.
        found = os.environ.get("OMPI_MCA_orte_hnp_uri", "")  # noqa: SIM112
        uri = re.match(r"(\d+).*;tcp://([^,:]+)", found)
        names = (f"OMPI_COMM_WORLD_{name}" for name in ("SIZE", "RANK", "LOCAL_RANK"))
        if uri is None:
            return None
        n_processes, process_id, device_id = (int(os.environ[name]) for name in names)
        # Open MPI counts jobs by multiples of this.
        return cls(f"{uri[2]}:{_port(int(uri[1]) // 2**12)}", n_processes, process_id, (device_id,))


def _port(number: int) -> int:
    """Give all processes of a job the same port, which another job hardly has."""
    return _FIRST_PORT + number % _N_PORTS
