"""Walk through a model's code: questions about rows, and the page that asks them."""

from isthmus.explorer.contrast import Difference
from isthmus.explorer.server import Server, explore
from isthmus.explorer.session import Placement, Session
from isthmus.explorer.static_page import write_page

__all__ = ["Difference", "Placement", "Server", "Session", "explore", "write_page"]
