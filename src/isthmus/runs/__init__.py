"""What a long run needs: the meeting of hosts, checkpoints, logs, progress, interruption."""

from isthmus.runs.checkpoint import Checkpoint, CheckpointFile
from isthmus.runs.hosts import Hosts, end_process
from isthmus.runs.interruption import Interruption
from isthmus.runs.job import Job
from isthmus.runs.logs import Logs
from isthmus.runs.processes import DisagreementError, Processes, check_devices
from isthmus.runs.progress import Progress, ProgressBar, Reporter
from isthmus.runs.run import Run
from isthmus.runs.versions import VERSIONS

__all__ = [
    "VERSIONS",
    "Checkpoint",
    "CheckpointFile",
    "DisagreementError",
    "Hosts",
    "Interruption",
    "Job",
    "Logs",
    "Processes",
    "Progress",
    "ProgressBar",
    "Reporter",
    "Run",
    "check_devices",
    "end_process",
]
