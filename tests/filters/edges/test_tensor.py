"""The structure tensor: its numbers against linear algebra, its averages against plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from ideal_pictures import distance_to_line, step_by_lens
from oracles import correlate_by_definition
from skimage import feature

from filt.filters.edges.structure import structure_tensor
from filt.filters.edges.tensor import StructureTensor
from filt.filters.errors import InputError


def sampled_gaussian(sigma):
    radius = int(4 * sigma + 0.5)
    x = np.arange(-radius, radius + 1)
    weights = np.exp(-(x**2) / (2 * sigma**2))
    return x, weights / weights.sum()


def by_loops(image, sigma, scale):
    """Slopes by sampled Gaussian derivatives that are exact on a ramp, products, their averages."""
    x, weights = sampled_gaussian(scale)
    derivative = x * weights / (x**2 @ weights)
    right = correlate_by_definition(image, np.outer(weights, derivative))
    down = correlate_by_definition(image, np.outer(derivative, weights))
    _, window = sampled_gaussian(sigma)
    return [
        correlate_by_definition(product, np.outer(window, window))
        for product in (right * right, right * down, down * down)
    ]


def random_tensors(count=200, seed=0):
    slopes = np.random.default_rng(seed).normal(size=(count, 4, 2))
    products = np.einsum("nki,nkj->nij", slopes, slopes)
    return products, StructureTensor(products[:, 0, 0], products[:, 0, 1], products[:, 1, 1])


class TestNumbers:
    def test_eigenvalues_are_linear_algebras(self):
        matrices, tensor = random_tensors()
        values = np.linalg.eigvalsh(matrices)
        np.testing.assert_allclose(tensor.eigenvalues[0], values[:, 1], rtol=1e-12)
        np.testing.assert_allclose(tensor.eigenvalues[1], values[:, 0], rtol=1e-9)

    def test_eigenvalues_are_scikit_images(self):
        image = np.random.default_rng(0).normal(size=(20, 30))
        rr, rc, cc = feature.structure_tensor(image, sigma=1.5)
        larger, smaller = feature.structure_tensor_eigenvalues([rr, rc, cc])
        ours = StructureTensor(cc, rc, rr).eigenvalues
        np.testing.assert_allclose(ours[0], larger, rtol=1e-9)
        np.testing.assert_allclose(ours[1], smaller, rtol=1e-6, atol=1e-12)

    def test_orientation_is_the_axis_of_the_larger_eigenvalue(self):
        matrices, tensor = random_tensors()
        for matrix, angle in zip(matrices, np.radians(tensor.orientation), strict=True):
            axis = np.linalg.eigh(matrix)[1][:, 1]
            assert abs(axis @ (math.cos(angle), math.sin(angle))) == pytest.approx(1)
        assert np.abs(tensor.orientation).max() <= 90

    def test_coherence_is_the_share_of_their_difference(self):
        matrices, tensor = random_tensors()
        small, large = np.linalg.eigvalsh(matrices).T
        np.testing.assert_allclose(tensor.coherence, (large - small) / (large + small), rtol=1e-9)

    def test_one_direction_two_equal_ones_and_none(self):
        tensor = StructureTensor(*np.array([[0.0, 3, 0, 2], [0, 0, 0, 2], [4, 3, 0, 2]]))
        assert tensor.eigenvalues[0].tolist() == [4, 3, 0, 4]
        assert tensor.eigenvalues[1].tolist() == [0, 3, 0, 0]
        assert tensor.coherence.tolist() == [1, 0, 0, 1]
        assert tensor.orientation[[0, 3]].tolist() == [90, 45]

    def test_rounding_makes_no_negative_eigenvalue_and_no_coherence_above_one(self):
        x, y = np.random.default_rng(1).normal(size=(2, 1000)).astype(np.float32)
        tensor = StructureTensor(x * x, x * y, y * y)
        assert tensor.eigenvalues[1].min() >= 0
        assert tensor.coherence.max() <= 1


class TestOfAPicture:
    @pytest.mark.parametrize(("sigma", "scale"), [(0.8, 0.6), (1.1, 0.7)])
    def test_is_what_plain_loops_give(self, sigma, scale):
        image = np.random.default_rng(0).normal(size=(9, 12))
        tensor = structure_tensor(image, sigma, scale)
        xx, xy, yy = by_loops(image, sigma, scale)
        np.testing.assert_allclose(tensor.xx, xx, atol=1e-12)
        np.testing.assert_allclose(tensor.xy, xy, atol=1e-12)
        np.testing.assert_allclose(tensor.yy, yy, atol=1e-12)

    @pytest.mark.parametrize("angle", range(-85, 95, 10))
    def test_of_stripes_lies_across_them(self, angle):
        stripes = np.sin(distance_to_line(angle, 48) * (2 * np.pi / 7))
        tensor = structure_tensor(stripes, sigma=4.0)
        middle = slice(21, 27)
        off = (tensor.orientation[middle, middle] - angle + 90) % 180 - 90
        assert np.abs(off).max() < 0.1
        assert tensor.coherence[middle, middle].min() > 0.999

    def test_of_a_corner_has_less_coherence_than_of_its_sides(self):
        corner = np.zeros((40, 40))
        corner[20:, 20:] = 1
        coherence = structure_tensor(corner).coherence
        assert coherence[20, 20] < 0.35
        assert min(coherence[32, 20], coherence[20, 32]) > 0.99

    def test_of_a_flat_picture_is_nothing(self):
        tensor = structure_tensor(np.full((12, 12), 0.7))
        assert tensor.eigenvalues[0].max() < 1e-25
        assert structure_tensor(np.zeros((12, 12))).coherence.max() == 0

    def test_of_colours_is_the_sum_over_them(self):
        image = np.random.default_rng(0).normal(size=(9, 12, 3))
        tensor = structure_tensor(image, channels="tensor")
        each = [structure_tensor(image[..., n]) for n in range(3)]
        for name in ("xx", "xy", "yy"):
            total = sum(getattr(one, name) for one in each)
            np.testing.assert_allclose(getattr(tensor, name), total, atol=1e-12)

    @pytest.mark.parametrize("space", ["rgb", "lab"])
    def test_of_colours_of_equal_luma_sees_their_edge(self, space):
        share = step_by_lens(30, 24)[..., None]
        green = 0.299 * 0.5 / 0.587
        image = share * (0.5, 0.3, 0.4) + (1 - share) * (0.0, 0.3 + green, 0.4)
        assert structure_tensor(image).eigenvalues[0].max() < 1e-20
        tensor = structure_tensor(image, channels="tensor", space=space)
        assert tensor.orientation[12, 12] == pytest.approx(30, abs=1)
        assert tensor.eigenvalues[0][12, 12] > 1e-3


class TestRefusals:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"sigma": 0}, "sigma must be greater than 0"),
            ({"scale": 0}, "scale must be greater than 0"),
            ({"scale": -1}, "scale must be greater than 0"),
            ({"channels": "each"}, "channels must be one of"),
            ({"channels": "max"}, "channels must be"),
            ({"space": "hsv"}, "space must be one of"),
            ({"border": "reflect"}, "ambiguous"),
        ],
    )
    def test_of_wrong_arguments(self, arguments, message):
        with pytest.raises(InputError, match=message):
            structure_tensor(np.zeros((5, 5, 3)), **arguments)
