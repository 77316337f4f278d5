import datetime

import numpy as np
import pandas as pd
import pytest

from isthmus import Autoencoder, IsthmusError, SparseAutoencoder
from isthmus.explorer import Session, static_page, write_page
from isthmus.explorer.answers import Answers


@pytest.fixture(scope="module")
def mixed():
    generator = np.random.default_rng(0)
    size = generator.normal(size=300).round(3)
    frame = pd.DataFrame({"size": size, "double": 2 * size + generator.normal(size=300) / 9})
    frame["town"] = np.where(size > 0, "Ulm", "Köln </script> 🙂")
    frame["count"] = generator.integers(0, 500, 300)
    frame["flag"] = size > 1
    start = datetime.datetime(2021, 5, 1)
    frame["when"] = [start + datetime.timedelta(days=i) for i in range(300)]
    frame.loc[::7, "size"] = np.nan
    frame.loc[::5, "town"] = None
    return frame, Autoencoder(2, hidden=8, max_epochs=5, random_state=0).fit(frame)


def test_a_table_answers_in_the_page_as_in_python(visit, mixed, tmp_path):
    frame, model = mixed
    write_page(model, frame, tmp_path / "map.html", title="A table")
    answers = Answers(Session(model, frame), "A table")
    page = visit((tmp_path / "map.html").as_uri())
    ask = "question => isthmus.source.ask(question).then(({ arrays, ...told }) => told)"
    for position in (0, 1, 5, 35, 299):
        expected, _ = answers.ask({"ask": "row", "position": position}, [])
        given = page.evaluate(ask, {"ask": "row", "position": position})
        assert given["score"] == pytest.approx(expected["score"], rel=1e-5)
        pairs = list(zip(expected["cells"], given["cells"], strict=True))
        assert [one["name"] for one, _ in pairs] == [other["name"] for _, other in pairs]
        assert [one["value"] for one, _ in pairs] == [other["value"] for _, other in pairs]
        for one, other in pairs:
            assert other["off"] == pytest.approx(one["off"], abs=5e-3)
            if one["name"] in ("town", "flag"):
                assert one["back"] == other["back"]
            elif one["name"] in ("size", "double", "count"):
                assert float(other["back"]) == pytest.approx(float(one["back"]), abs=1, rel=1e-2)
    for text in ("town: ulm", "count > 250", "flag = true", "when < 2021-06-01"):
        rows = page.evaluate("text => isthmus.source.ask({ask: 'search', text})"
                             ".then(({arrays}) => Array.from(arrays[0]))", text)  # fmt: skip
        assert rows == answers.session.search(text).tolist()
    (tmp_path / "new.csv").write_text(frame[:9].to_csv(index=False), "utf-8")
    page.set_input_files("#file", tmp_path / "new.csv")
    page.wait_for_selector("text=9 rows of")
    placed = page.evaluate("Array.from(isthmus.placements[0])")
    assert np.allclose(np.reshape(placed, (9, 2)), answers.session.codes[:9], atol=5e-3)


def test_a_page_holds_some_pictures_where_all_are_too_many(visit, pictures, tmp_path, monkeypatch):
    images = pictures[0][:300]
    model = SparseAutoencoder(24, k=4, max_epochs=1).fit(images)
    monkeypatch.setattr(static_page, "_MOST_ROW_BYTES", images.nbytes // 3 + 1)
    write_page(model, images, tmp_path / "map.html")
    page = visit((tmp_path / "map.html").as_uri())
    sizes = page.evaluate(
        "Promise.all([0, 1, 2, 3].map(position => isthmus.source.ask({ ask: 'row', position })"
        ".then(({ arrays }) => arrays[0].length / 64)))"
    )
    assert sizes == [2, 1, 1, 2]


def test_the_same_page_is_written_twice(mixed, tmp_path):
    frame, model = mixed
    for name in ("a.html", "b.html"):
        write_page(model, frame, tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    text = (tmp_path / "a.html").read_text("utf-8")
    assert text.count("</script>") == 2
    assert "unsafe" not in text
    assert "import " not in text.rpartition("<script")[2].replace("import isthmus", "")


def test_a_page_that_no_browser_bears_is_refused(mixed, tmp_path, monkeypatch):
    frame, model = mixed
    monkeypatch.setattr(static_page, "_MOST_BYTES", 1000)
    with pytest.raises(IsthmusError, match="more than a browser bears"):
        write_page(model, frame, tmp_path / "map.html")
    assert list(tmp_path.iterdir()) == []
