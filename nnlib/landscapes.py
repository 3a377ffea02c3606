"""Landscapes: functions of two variables on which to watch an optimizer walk.

Each one knows its value, gradient and second derivatives as formulas, where it is usually drawn and
where its minima are. A point is an array (2,), many points are (..., 2), and all methods take both.
"""

import math

import numpy as np
import numpy.typing as npt

from ._check import floats, number, positive

Numbers = float | np.ndarray  # a number for one point, an array (...) for many


class Landscape:
    """A function f(x, y) with its derivatives.

    A subclass writes three formulas in x and y, ``f``, ``df`` (f_x, f_y) and ``d2f``
    (f_xx, f_xy, f_yy); what is below works for all of them.

    Attributes
    ----------
    name, source : str
        What it is called, and who used it first.
    domain : ((x0, x1), (y0, y1))
        The part that is usually drawn.
    minima : array (M, 2)
        Where the lowest value in the domain is reached; (0, 2) if there is no lowest value.
    minimum : float
        That value; -inf if there is none.
    """

    name: str
    source: str
    domain: tuple[tuple[float, float], tuple[float, float]]
    minima: np.ndarray
    minimum: float

    def f(self, x: Numbers, y: Numbers) -> Numbers:
        """The value at (x, y)."""
        raise NotImplementedError

    def df(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
        """The first derivatives (f_x, f_y) at (x, y)."""
        raise NotImplementedError

    def d2f(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """The second derivatives (f_xx, f_xy, f_yy) at (x, y)."""
        raise NotImplementedError

    def value(self, theta: npt.ArrayLike) -> Numbers:
        """f at theta (..., 2): a float for one point, an array (...) for many."""
        x, y = _coordinates(theta)
        f = self.f(x, y)
        return float(f) if np.ndim(f) == 0 else f

    def grad(self, theta: npt.ArrayLike) -> np.ndarray:
        """(f_x, f_y) at theta (..., 2), of the same shape."""
        return np.stack(self.df(*_coordinates(theta)), axis=-1)

    def value_and_grad(self, theta: npt.ArrayLike) -> tuple[Numbers, np.ndarray]:
        """Both at once: what `descend` asks of a landscape, and of a network."""
        return self.value(theta), self.grad(theta)

    def hessian(self, theta: npt.ArrayLike) -> np.ndarray:
        """The matrix of second derivatives at theta (..., 2), of shape (..., 2, 2)."""
        x, y = _coordinates(theta)
        fxx, fxy, fyy = (d * np.ones_like(x) for d in self.d2f(x, y))  # constants get x's shape
        return np.stack([np.stack([fxx, fxy], -1), np.stack([fxy, fyy], -1)], -2)

    def __repr__(self) -> str:
        return f"<landscape {self.name}>"


def _coordinates(theta: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    theta = floats("theta", theta)
    if theta.shape[-1:] != (2,):
        raise ValueError(f"theta must have shape (..., 2), got {theta.shape}")
    return theta[..., 0], theta[..., 1]


class McCormick(Landscape):
    """sin(x + y) + (x - y)² - 1.5 x + 2.5 y + offset: a curved valley with two basins.

    Both derivatives vanish where ``cos(x + y) = -1/2`` and ``x - y = 1``. That gives the minimum
    (1/2 - π/3, -1/2 - π/3) = (-0.5472, -1.5472) and, exactly π higher, a second one at
    (1/2 + 2π/3, -1/2 + 2π/3) = (2.5944, 1.5944). Beyond the domain there are deeper ones.
    """

    source = "Lootsma, editor (1972), Numerical methods for non-linear optimization"
    domain = (-1.5, 4.0), (-3.0, 4.0)
    minima = np.array([[0.5 - math.pi / 3, -0.5 - math.pi / 3]])

    def __init__(self, name: str, offset: float):
        self.name, self.offset = name, offset
        self.minimum = offset - 1 - math.sqrt(3) / 2 - math.pi / 3

    def f(self, x: Numbers, y: Numbers) -> Numbers:
        return np.sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + self.offset

    def df(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
        c = np.cos(x + y)
        return c + 2 * (x - y) - 1.5, c - 2 * (x - y) + 2.5

    def d2f(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        s = np.sin(x + y)
        return 2 - s, -2 - s, 2 - s


class Rosenbrock(Landscape):
    """(1 - x)² + 100 (y - x²)²: finding the ravine is easy, following it to its end is not."""

    name = "Rosenbrock"
    source = "Rosenbrock (1960), An automatic method for finding the greatest or least value"
    domain = (-2.0, 2.0), (-1.0, 3.0)
    minima = np.array([[1.0, 1.0]])
    minimum = 0.0

    def f(self, x: Numbers, y: Numbers) -> Numbers:
        return (1 - x) ** 2 + 100 * (y - x * x) ** 2

    def df(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
        r = y - x * x
        return -2 * (1 - x) - 400 * x * r, 200 * r

    def d2f(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        return 2 - 400 * (y - 3 * x * x), -400 * x, 200


class Himmelblau(Landscape):
    """(x² + y - 11)² + (x + y² - 7)²: four minima, all of value 0."""

    name = "Himmelblau"
    source = "Himmelblau (1972), Applied nonlinear programming"
    domain = (-5.0, 5.0), (-5.0, 5.0)
    minima = np.array(
        [
            [3.0, 2.0],
            [-2.8051180869527448, 3.1313125182505730],
            [-3.7793102533777469, -3.2831859912861694],
            [3.5844283403304917, -1.8481265269644036],
        ]
    )
    minimum = 0.0

    def f(self, x: Numbers, y: Numbers) -> Numbers:
        return (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2

    def df(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
        a, b = x * x + y - 11, x + y * y - 7
        return 4 * x * a + 2 * b, 2 * a + 4 * y * b

    def d2f(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        a, b = x * x + y - 11, x + y * y - 7
        return 4 * a + 8 * x * x + 2, 4 * (x + y), 4 * b + 8 * y * y + 2


class Beale(Landscape):
    """Σ (cₖ - x (1 - yᵏ))² for c = 1.5, 2.25, 2.625: flat in the middle, steep at the corners."""

    name = "Beale"
    source = "Beale (1958), On an iterative method for finding a local minimum"
    domain = (-4.5, 4.5), (-4.5, 4.5)
    minima = np.array([[3.0, 0.5]])
    minimum = 0.0
    terms = (1, 1.5), (2, 2.25), (3, 2.625)  # (k, c_k)

    def f(self, x: Numbers, y: Numbers) -> Numbers:
        return sum((c - x * (1 - y**k)) ** 2 for k, c in self.terms)

    def df(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
        fx = fy = 0
        for k, c in self.terms:
            r = c - x * (1 - y**k)  # its derivatives: r_x = yᵏ - 1, r_y = k x yᵏ⁻¹
            fx += 2 * r * (y**k - 1)
            fy += 2 * r * k * x * y ** (k - 1)
        return fx, fy

    def d2f(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        fxx = fxy = fyy = 0
        for k, c in self.terms:
            r, rx, ry = c - x * (1 - y**k), y**k - 1, k * x * y ** (k - 1)
            fxx += 2 * rx * rx
            fxy += 2 * (rx * ry + r * k * y ** (k - 1))
            fyy += 2 * (ry * ry + r * k * (k - 1) * x * y ** max(k - 2, 0))
        return fxx, fxy, fyy


class Saddle(Landscape):
    """x² - y²: a mountain pass. The gradient at (0, 0) is zero, and yet along y it goes down.

    It has no minimum: a walker that leaves the ridge y = 0 falls for ever.
    """

    name = "saddle"
    source = "the second-order picture of any smooth saddle"
    domain = (-2.0, 2.0), (-2.0, 2.0)
    minima = np.empty((0, 2))
    minimum = -math.inf

    def f(self, x: Numbers, y: Numbers) -> Numbers:
        return x * x - y * y

    def df(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
        return 2 * x, -2 * y

    def d2f(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        return 2, 0, -2


class quadratic(Landscape):  # in small letters, as the landscapes below
    """½ θᵀ H θ: a bowl, with curvature 1 one way and ``condition`` across it.

    Gradient descent converges from everywhere if and only if ``lr < 2 / condition`` (for
    ``condition`` above 1): the steep direction sets the limit, the flat one then takes its time.

    Parameters
    ----------
    condition : float > 0
        The second eigenvalue of H, and so its condition number if that is above 1.
    angle : float
        The flat direction is ``(cos(angle), sin(angle))``, in radians.
    """

    name = "quadratic"
    source = "the second-order picture of any smooth minimum"
    domain = (-2.0, 2.0), (-2.0, 2.0)
    minima = np.zeros((1, 2))
    minimum = 0.0

    def __init__(self, *, condition: float = 10.0, angle: float = 0.0):
        condition, angle = positive("condition", condition), number("angle", angle)
        self.condition = condition
        c, s = math.cos(angle), math.sin(angle)
        # H = R diag(1, condition) Rᵀ = [[a, b], [b, d]], where R turns the axes by angle
        self.a = c * c + condition * s * s
        self.b = (1 - condition) * c * s
        self.d = s * s + condition * c * c

    def f(self, x: Numbers, y: Numbers) -> Numbers:
        return 0.5 * (self.a * x * x + 2 * self.b * x * y + self.d * y * y)

    def df(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
        return self.a * x + self.b * y, self.b * x + self.d * y

    def d2f(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        return self.a, self.b, self.d


#: The usual McCormick function.
mccormick = McCormick("McCormick", offset=1)
#: McCormick's function with + 3 in place of + 1, as some texts have it.
mccormick_shifted = McCormick("McCormick, shifted", offset=3)
#: Rosenbrock's function.
rosenbrock = Rosenbrock()
#: Himmelblau's function.
himmelblau = Himmelblau()
#: Beale's function.
beale = Beale()
#: The saddle x² - y².
saddle = Saddle()
