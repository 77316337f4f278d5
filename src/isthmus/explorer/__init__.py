"""Walk through a model's code: questions about rows, and the page that asks them."""

from isthmus.explorer.session import Placement, Session

__all__ = ["Placement", "Session"]
