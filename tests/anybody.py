"""The identity of a run that is the same for every run."""


class Anybody:
    """What every run is."""

    def state(self):
        return {}

    def difference(self, stored):
        return None

    def remedy(self, stored):
        return ""
