"""The bar shows where training is, how fast it goes, and for how long."""

import io
import re

import pytest
from rich.console import Console

from isthmus.passes import passes_told, told
from isthmus.runs import Progress, ProgressBar
from isthmus.runs import progress as progress_module

LARGE = Progress(0, 4_000, 100, 400, 1.234e-05, 1.234e-05, "layer 1 of 4", rows_per_update=5e5)


@pytest.fixture
def screen(monkeypatch):
    """What a bar shows, 100 columns wide, with half a second between two looks at the clock."""
    text = io.StringIO()
    now = iter(range(10_000))
    monkeypatch.setattr(ProgressBar, "DELAY", -1.0)
    console = Console(file=text, width=100, force_terminal=True, get_time=lambda: next(now) / 2)
    monkeypatch.setattr(progress_module, "Console", lambda stderr: console)

    def show(bar):
        text.truncate(text.seek(0))
        bar._bar.refresh()
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text.getvalue()).strip()

    return show


def feed(bar, start, steps, n_updates):
    for i in range(steps):
        bar(start._replace(n_updates=start.n_updates + i * n_updates))


def test_bar_shows_losses_speed_and_time_left_on_one_line(screen):
    bar = ProgressBar(verbose=True)
    try:
        feed(bar, LARGE, 20, 10)
        line = screen(bar)
    finally:
        bar.close()
    assert len(line) <= 100
    assert line.startswith("layer 1 of 4, epoch 100/400 ")
    assert "loss 1.234e-05, held out 1.234e-05" in line
    assert re.search(r" [\d,]{9,} rows/s \d+:\d\d:\d\d left$", line)


def test_next_stage_is_measured_anew(screen):
    bar = ProgressBar(verbose=True)
    try:
        feed(bar, LARGE, 20, 200)
        bar(LARGE._replace(n_updates=4_000))
        assert "0:00:00 left" in screen(bar)
        following = LARGE._replace(stage="layer 2 of 4", epoch=1, loss=None)
        bar(following)
        assert "-:--:-- left" in screen(bar)
        assert "rows/s" not in screen(bar)
        feed(bar, following, 20, 10)
        line = screen(bar)
    finally:
        bar.close()
    assert line.startswith("layer 2 of 4, epoch   1/400 ")
    hours, minutes, seconds = map(int, re.search(r"(\d+):(\d\d):(\d\d) left", line).groups())
    assert hours * 3600 + minutes * 60 + seconds > 60


def test_nobody_is_told_of_passes_while_it_shows(screen):
    passes = []
    bar = ProgressBar(verbose=True)
    with passes_told(passes.append):
        bar(LARGE)
        assert list(told(["ab"], "letters")) == ["ab"]
        assert passes == []
        bar.close()
        assert list(told(["ab"], "letters")) == ["ab"]
    assert [one.ended for one in passes] == [False, True]
