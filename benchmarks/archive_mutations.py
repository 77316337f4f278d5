"""Damage archives a hundred thousand times: the one error, or the right data.

    python benchmarks/archive_mutations.py --n 100000

Half of the archives are damaged as they lie; of the other half all checksums are made anew, so that
the damage reaches the decoders. Time and memory are bounded in both.
"""

import argparse
import collections
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from isthmus import Archive
from isthmus.errors import ArchiveError

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/compression"))
from mutations import check, damaged, damaged_inside, make_archives


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        archives = list(make_archives(Path(folder), images=True).items())
        path, counts, longest = Path(folder) / "damaged.isz", collections.Counter(), 0.0
        for i in range(arguments.n):
            name, (data, whole) = archives[i % len(archives)]
            kind = "as they lie" if i // len(archives) % 2 else "checksums made anew"
            began = time.perf_counter()
            if kind == "as they lie":
                noticed = check(path, damaged(data, rng), whole)
            else:
                path.write_bytes(damaged_inside(data, rng))
                try:
                    Archive(path).read(1)
                    noticed = False
                except ArchiveError:
                    noticed = True
                except BaseException:
                    Path("found.isz").write_bytes(path.read_bytes())
                    print(f"{name}, case {i}: kept in found.isz", file=sys.stderr)
                    raise
            longest = max(longest, time.perf_counter() - began)
            counts[kind, noticed] += 1
    for (kind, noticed), count in sorted(counts.items()):
        print(f"{kind}: {count:,} {'refused' if noticed else 'read'}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(f"longest {longest:.2f} s, peak {peak:,.0f} MB")


if __name__ == "__main__":
    main()
