"""What the parts of `ETSForecaster` derive from: a forecaster, though only to a type checker."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sktime.forecasting.base import BaseForecaster as Part
else:
    Part = object

__all__ = ["Part"]
