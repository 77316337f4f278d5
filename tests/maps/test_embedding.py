"""Rows are laid out so that neighbours stay together."""

import numpy as np
import pytest

from isthmus.maps.embedding import N_ITERATIONS, embed
from isthmus.maps.landmarks import find_landmarks
from isthmus.maps.neighbors import nearest_rows


def groups(n_rows=150):
    generator = np.random.default_rng(0)
    which = np.arange(n_rows) % 3
    points = 8 * np.eye(3)[which] + generator.normal(size=(n_rows, 3))
    return points.astype(np.float32), which


def laid_out(points, exaggeration=1.0, **keywords):
    start = points[:, :2] / points[:, 0].std()
    neighbors = nearest_rows(points, 10)
    return embed(neighbors, start, exaggeration=exaggeration, seed=0, **keywords)


def test_groups_stay_together_and_apart():
    points, which = groups()
    places = laid_out(points)
    centres = np.array([places[which == k].mean(axis=0) for k in range(3)])
    nearest = np.linalg.norm(places[:, None] - centres, axis=2).argmin(axis=1)
    assert np.mean(nearest == which) == 1.0


def test_exaggeration_tightens_groups():
    points, which = groups()

    def tightness(exaggeration):
        places = laid_out(points, exaggeration)
        within = np.mean([places[which == k].std(axis=0) for k in range(3)])
        return within / places.std(axis=0).mean()

    assert tightness(4.0) < tightness(1.0)


def test_what_the_report_raises_ends_it():
    seen = []

    def report(n_done):
        seen.append(n_done)
        if n_done > 100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        laid_out(groups()[0], report=report)
    assert seen[-1] < N_ITERATIONS


def test_neighbours_are_the_nearest_others():
    points = np.array([[0.0], [1.0], [3.0], [7.0]], np.float32)
    assert nearest_rows(points, 2).tolist() == [[1, 2], [0, 2], [1, 0], [2, 1]]
    assert nearest_rows(points, 9).shape == (4, 3)


def test_landmarks_cover_the_rows():
    places = np.random.default_rng(0).uniform(size=(500, 2)).astype(np.float32)
    landmarks, sharpness = find_landmarks(places, 50, seed=0)
    gaps = np.linalg.norm(places[:, None] - landmarks, axis=2).min(axis=1)
    assert landmarks.shape == (50, 2)
    assert gaps.max() < 0.3
    distances = np.linalg.norm(landmarks[:, None] - landmarks, axis=2) + 9 * np.eye(50)
    assert sharpness == pytest.approx(1 / (2 * np.mean(distances.min(axis=1) ** 2)))
