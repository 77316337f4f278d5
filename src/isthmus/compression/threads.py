"""Blocks in threads: each product of matrices keeps to its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

from isthmus.checks import check_asked


@contextmanager
def worker_threads(n_jobs: int | None = None) -> Iterator[ThreadPoolExecutor]:
    """Give threads for blocks, as many as there are processors or as asked for.

    The linear algebra library gets one thread meanwhile: two of its own on small products are
    thirty times slower than one.
    """
    if n_jobs is not None:
        check_asked("n_jobs", n_jobs)
    with (
        threadpool_limits(1, user_api="blas"),
        ThreadPoolExecutor(n_jobs or os.cpu_count() or 1) as pool,
    ):
        try:
            yield pool
        except BaseException:
            # Ctrl-C does not wait for work that nobody wants any more.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
