"""scikit-learn's IncrementalPCA."""

from contend import Fitted
from sklearn.decomposition import IncrementalPCA

PACKAGES = ("scikit-learn", "numpy")
NOTE = "one pass in batches of 1,000 rows"


def linear(workload, train, epochs, seed, mark, scratch):
    model = IncrementalPCA(workload.code, batch_size=1_000).fit(train)
    return Fitted(lambda x: model.inverse_transform(model.transform(x)))
