"""Fits the polynomials of math.h and prints them with the largest error, in float32, of the function that uses them.

python3 fit.py (numpy). Weighted least squares, its weights raised where the error is large until it is level everywhere
(Lawson's method); then the coefficients are rounded to float32 one by one, highest degree first, and the rest fitted anew.
"""

import math

import numpy as np


def level_fit(basis, target, weight, rounds=300):
    lawson = np.full(len(target), 1.0 / len(target))
    best, best_error = None, math.inf
    for _ in range(rounds):
        scale = np.sqrt(lawson) * weight
        coefficients = np.linalg.lstsq(basis * scale[:, None], target * scale, rcond=None)[0]
        error = np.abs(weight * (basis @ coefficients - target))
        if error.max() < best_error:
            best, best_error = coefficients, error.max()
        lawson *= error / error.max() + 1e-3
        lawson /= lawson.sum()
    return best


def fit(x, target, weight, powers):
    """Coefficients of x ** power, as float32, by falling power."""
    rounded = []
    for i, power in enumerate(powers):
        basis = np.stack([x**p for p in powers[i:]], axis=1)
        coefficient = np.float32(level_fit(basis, target, weight)[0])
        rounded.append(coefficient)
        target = target - float(coefficient) * x**power
    return rounded


def nodes(low, high, n=400):
    return (low + high) / 2 + (high - low) / 2 * np.cos((np.arange(n) + 0.5) / n * np.pi)


def fma(a, b, c):  # the product of two float32 is exact in float64
    return (np.float64(a) * np.float64(b) + np.float64(c)).astype(np.float32)


def horner(coefficients, x):
    y = np.full_like(x, coefficients[0])
    for c in coefficients[1:]:
        y = fma(y, x, c)
    return y


def text(coefficients):
    return ", ".join(float(c).hex().replace("0000000p", "p") + "f" for c in coefficients)


def fit_exp():
    r = nodes(-0.5 * math.log(2), 0.5 * math.log(2))
    p = fit(r, (np.exp(r) - 1 - r) / r**2, r**2 / np.exp(r), [4, 3, 2, 1, 0])
    r = np.linspace(-0.5 * math.log(2), 0.5 * math.log(2), 1000001, dtype=np.float32)
    y = fma(fma(horner(p, r), r, 1), r, 1)
    print("exp: ", text(p), "\n  relative", np.abs(y / np.exp(r.astype(np.float64)) - 1).max() * 2**24, "eps")


def fit_gelu(limit=6.0, root=8, degree=7):
    # gelu(x) = max(0, x) - a Q(a), a = |x|, Q(a) = erfc(a / sqrt 2) / 2 = q(-a) ** 8. The eighth root falls off slowly, so
    # a low degree follows it; the weight is what an error of q does to a Q(a), a held above 1/4 for small x.
    a = nodes(0, limit)
    upper_tail = np.array([0.5 * math.erfc(v / math.sqrt(2)) for v in a])
    weight = np.maximum(a, 0.25) * root * upper_tail ** (1 - 1 / root)
    q = fit(-a, upper_tail ** (1 / root), weight, list(range(degree, -1, -1)))
    x = np.linspace(-12, 12, 1000001, dtype=np.float32)
    n = np.maximum(np.float32(-limit), -np.abs(x))
    y = horner(q, n)
    for _ in range(int(math.log2(root))):
        y = y * y
    y = fma(n, y, np.maximum(np.float32(0), x))
    exact = np.array([0.5 * v * math.erfc(-v / math.sqrt(2)) for v in x.astype(np.float64)])
    print("gelu:", text(q), "\n  absolute", np.abs(y - exact).max(), "beyond -6:", float(y[0]))


if __name__ == "__main__":
    fit_exp()
    fit_gelu()
