"""The commands, to which their modules add themselves."""

from __future__ import annotations

from cyclopts import App

import isthmus

app = App(
    name="isthmus",
    help="Squeeze your data through a narrow code, and rebuild them.",
    version=isthmus.__version__,
    help_format="markdown",
    suppress_keyboard_interrupt=False,
)
classify = App(
    name="classify",
    help="Tell classes apart, from few labelled rows and many unlabelled ones.",
    help_format="markdown",
    sort_key=5,
)
app.command(classify)
