"""Join the other processes of a job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from isthmus.cli.messages import FAILED, MisuseError, fail, watched
from isthmus.cli.options import CheckpointOptions, HostOptions


@contextmanager
def joined(hosts: HostOptions) -> Iterator[bool]:
    """Join the other processes, if any; yield whether this is the one that writes."""
    coordinator, processes, process_id = hosts.coordinator, hosts.processes, hosts.process_id
    if coordinator is None:
        if processes is not None or process_id is not None:
            raise MisuseError(
                "--processes and --process-id mean nothing without --coordinator: give HOST:PORT."
            )
        yield True
        return
    if coordinator != "auto" and (processes is None or process_id is None):
        raise MisuseError(
            f"--coordinator {coordinator} needs --processes and --process-id: give both, or "
            "--coordinator auto inside of Slurm or Open MPI."
        )
    from isthmus.runs import Hosts, Job, end_process

    if coordinator == "auto":
        job = Job.detect()
    else:
        job = Job(coordinator, processes or 0, process_id or 0)
    with Hosts(job, end_process(fail, FAILED), patience=hosts.join_seconds):
        yield job.process_id == 0


def learn(estimator: Any, dataset: Any, start: CheckpointOptions, first: bool) -> None:
    """Fit, of which only the first of several processes tells."""
    if not first:
        estimator.set_params(verbose=False)
    with watched(start.log, start.tensorboard, start.checkpoint):
        estimator.fit(dataset, **start.given())
