import re
import signal

from isthmus import load

from .commands import run


def test_demo_prints_table_and_writes_report_and_models(tmp_path, capsys, monkeypatch):
    # The docs run it in full.
    monkeypatch.setattr("isthmus.fitting.trained.default_epochs", lambda *_: 2)
    assert run("demo", "-o", tmp_path / "out", "--random-state", "3") == 0
    captured = capsys.readouterr()
    assert "PCA" in captured.out
    assert re.findall(r"Autoencoder\W+(\d+)", captured.out) == ["2", "16"]
    assert "\x1b" not in captured.out + captured.err
    assert len(captured.err.splitlines()) == 2
    assert (tmp_path / "out" / "report.html").stat().st_size > 0
    for n_components in (2, 16):
        model = load(tmp_path / "out" / f"digits-{n_components}.isthmus")
        assert model.n_components_ == n_components
        assert model.random_state == 3


def test_ctrl_c_during_the_report_of_the_demo_denies_nothing(tmp_path, capsys, monkeypatch):
    import isthmus.report

    def write(estimators, *arguments, **options):
        signal.raise_signal(signal.SIGINT)

    # The first Ctrl-C is for both trainings.
    pressed = []

    def press(bar, progress):
        if not pressed:
            pressed.append(progress)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("isthmus.runs.ProgressBar.__call__", press)
    monkeypatch.setattr(isthmus.report, "write_report", write)
    assert run("demo", "-o", tmp_path / "out") == 130
    last = capsys.readouterr().err.splitlines()[-1]
    assert (
        last == f"isthmus: stopped by Ctrl-C; {tmp_path / 'out'} may hold a part of the report, "
        "and no models."
    )
