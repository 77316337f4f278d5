"""The command line: one thin command per task.

Libraries are imported inside the commands: --help and mistakes must not wait for them.
"""

# These modules add their commands to the app.
from isthmus.cli import anomalies as anomalies
from isthmus.cli import classify as classify
from isthmus.cli import codes as codes
from isthmus.cli import compress as compress
from isthmus.cli import demo as demo
from isthmus.cli import explore as explore
from isthmus.cli import fit as fit
from isthmus.cli import impute as impute
from isthmus.cli import map as map
from isthmus.cli import sweep as sweep
from isthmus.cli.app import app
from isthmus.cli.entry import main, run

__all__ = ["app", "main", "run"]
