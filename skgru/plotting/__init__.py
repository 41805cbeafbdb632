"""Displays: pictures of fitted models, drawn by matplotlib when `plot` is called."""

from skgru.plotting._components import ComponentsDisplay
from skgru.plotting._forecast import ForecastDisplay
from skgru.plotting._residuals import ResidualsDisplay

__all__ = ["ComponentsDisplay", "ForecastDisplay", "ResidualsDisplay"]
