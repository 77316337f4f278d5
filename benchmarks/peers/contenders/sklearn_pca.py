"""scikit-learn's PCA, with its own choice of the solver."""

from contend import Fitted
from sklearn.decomposition import PCA

PACKAGES = ("scikit-learn", "numpy")


def linear(workload, train, epochs, seed, mark, scratch):
    model = PCA(workload.code, random_state=seed).fit(train)
    return Fitted(lambda x: model.inverse_transform(model.transform(x)))
