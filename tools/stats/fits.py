"""Linear and quadratic least-squares fits, as drawn into scatter plots."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import ArrayLike

from tools.stats.estimate import columns, constant


@dataclass(frozen=True)
class Fit:
    """y as a polynomial in x: coefficients from the constant upwards, and R^2 (at most 1).

    Without a fit the coefficients and r2 are NaN and `why` says why; a constant y has a fit, but no
    r2.
    """

    coefficients: tuple[float, ...]
    r2: float
    why: str = ""

    def at(self, x: ArrayLike) -> np.ndarray:
        """Return the curve at x, any shape, in y's unit."""
        return np.polynomial.polynomial.polyval(np.asarray(x, float), self.coefficients)


def linear_fit(x: ArrayLike, y: ArrayLike) -> Fit:
    """Return the least-squares line of y over x, (n,) each (paper, Figure 2: the gray lines)."""
    return _fit(x, y, 1)


def quadratic_fit(x: ArrayLike, y: ArrayLike) -> Fit:
    """Return the least-squares parabola of y over x, (n,) each.

    Paper, section 4.1: its deviation from the line shows a pull towards the mean.
    """
    return _fit(x, y, 2)


def _fit(x: ArrayLike, y: ArrayLike, degree: int) -> Fit:
    (x, y), why = columns(x=x, y=y)
    why = why or constant(x=x)
    if not why and len(np.unique(x)) <= degree:
        why = f"x has {len(np.unique(x))} values, at least {degree + 1} are needed"
    if why:
        return Fit((math.nan,) * (degree + 1), math.nan, why)
    terms = Polynomial.fit(x, y, degree).convert().coef
    coefficients = np.zeros(degree + 1)  # convert() drops trailing zeros
    coefficients[: len(terms)] = terms
    fit = Fit(tuple(map(float, coefficients)), math.nan, constant(y=y))
    if fit.why:
        return fit
    left = ((y - fit.at(x)) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    return Fit(fit.coefficients, float(1 - left))
