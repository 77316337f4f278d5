"""Landmarks lie among the rows, and rows are compared with those about each."""

import numpy as np

from isthmus import Map
from isthmus.maps.landmarks import compare_with_landmarks, find_landmarks
from isthmus.prepare import find_principal_components


def test_rows_are_compared_by_their_distance_from_the_mean_of_each_landmarks_rows():
    generator = np.random.default_rng(0)
    group = np.repeat(np.arange(4), 25)
    x = generator.normal(size=(100, 6)) + 5 * generator.normal(size=(4, 6))[group]
    # So far apart that each row belongs to one landmark alone.
    places = 100.0 * np.array([[0, 0], [0, 1], [1, 0], [1, 1]])[group].astype(np.float32)
    landmarks, sharpness = places[::25], 0.01
    principal = find_principal_components(x, 6)
    points = principal.project(x)
    project, compare = compare_with_landmarks(principal, points, places, landmarks, sharpness, 8)
    assert project.weight.shape == (6, 8)
    logits = (x @ project.weight + project.bias) @ compare.weight + compare.bias
    means = np.stack([x[group == k].mean(axis=0) for k in range(4)])
    squares = np.sum((x[:, None] - means) ** 2, axis=-1)
    variance = squares[np.arange(100), group].mean()
    expected = -36 * (4 / 100) ** 1.5 * squares / variance
    differences = logits - logits[:, :1]
    np.testing.assert_allclose(differences, expected - expected[:, :1], rtol=1e-3, atol=1e-3)


def test_few_rows_are_a_landmark_each():
    rows = np.random.default_rng(0).normal(size=(60, 70))
    fitted = Map(max_epochs=1, validation_fraction=0, random_state=0).fit(rows)
    assert fitted.n_landmarks_ == 60
    project, compare = fitted.model_.network.comparison
    assert (project.weight.shape, compare.weight.shape) == ((70, 70), (70, 60))


def test_landmarks_reach_as_far_as_they_are_apart():
    places = np.array([[0, 0], [0, 2], [4, 0], [4, 2]], np.float32)
    landmarks, sharpness = find_landmarks(places, 4, seed=0)
    np.testing.assert_array_equal(landmarks, places)
    assert np.isclose(sharpness, 1 / (2 * 2**2))
