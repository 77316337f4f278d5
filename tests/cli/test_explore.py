import signal
import subprocess
import urllib.request

import numpy as np

from isthmus import LinearAutoencoder

from .commands import SCRIPT, run


def test_the_page_is_served_until_its_terminal_ends(tmp_path, table):
    LinearAutoencoder(2).fit(table).save(tmp_path / "m.isthmus")
    np.save(tmp_path / "x.npy", table)
    command = [SCRIPT, "explore", "m.isthmus", "x.npy", "--no-browser"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=tmp_path, encoding="utf-8", **pipes) as process:
        address = process.stdout.readline().strip()
        assert process.stderr.readline() == "Ctrl-C ends the page.\n"
        with urllib.request.urlopen(address, timeout=10) as page:
            assert b"<canvas" in page.read()
        process.send_signal(signal.SIGHUP)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 129
    assert errors == "isthmus: stopped by SIGHUP; the page has ended.\n"


def test_what_cannot_be_explored_is_told(tmp_path, table, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", table)
    LinearAutoencoder(1).fit(table).save("one.isthmus")
    assert run("explore", "one.isthmus", "x.npy", "--no-browser") == 1
    assert "needs two axes" in capsys.readouterr().err


def test_the_page_is_written_as_a_file(tmp_path, table, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", table)
    LinearAutoencoder(2).fit(table).save("m.isthmus")
    assert run("explore", "m.isthmus", "x.npy", "-o", "page.html") == 0
    assert capsys.readouterr().out == "Page: page.html\n"
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!doctype html>")


def test_a_page_cannot_be_written_anywhere(tmp_path, table, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", table)
    LinearAutoencoder(2).fit(table).save("m.isthmus")
    for place, code in [("page.txt", 2), ("nowhere/page.html", 1), ("m.isthmus", 1)]:
        assert run("explore", "m.isthmus", "x.npy", "-o", place) == code
        assert place in capsys.readouterr().err
