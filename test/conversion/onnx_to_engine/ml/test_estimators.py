"""
What skl2onnx writes for estimators and pipelines of scikit-learn, natively up to the labels that
are strings: as near to scikit-learn as onnxruntime.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn import (
    calibration,
    compose,
    discriminant_analysis,
    ensemble,
    feature_selection,
    gaussian_process,
    impute,
    linear_model,
    multiclass,
    multioutput,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    tree,
)
from sklearn import cluster as cluster_module
from sklearn import cross_decomposition as cross_decomposition_module
from sklearn import decomposition as decomposition_module
from sklearn import mixture as mixture_module
from sklearn import random_projection as random_projection_module
from sklearn import svm as svm_module

import stepwell

# The types that are guessed of these packages take numbers for text.
cluster: Any = cluster_module
cross_decomposition: Any = cross_decomposition_module
decomposition: Any = decomposition_module
mixture: Any = mixture_module
random_projection: Any = random_projection_module
svm: Any = svm_module
write: Any = to_onnx

RNG = np.random.default_rng(7)
CENTRES = np.array([[0, 1, 2, 3], [2, 2, 0, 1], [3, 0, 2, 0]])


@cache
def flowers() -> tuple[Any, Any]:
    """Four positive features in three overlapping classes."""
    y = np.arange(90) % 3
    x = np.abs(CENTRES[y] + RNG.normal(0, 0.7, (90, 4)) + 1).astype(np.float32)
    return x, y


def two() -> tuple[Any, Any]:
    """Two classes of them."""
    x, y = flowers()
    return x[y < 2], y[y < 2]


def named() -> tuple[Any, Any]:
    """Classes with names."""
    x, y = flowers()
    return x, np.array(["setosa", "virginica", "versicolor"])[y]


def measured() -> tuple[Any, Any]:
    """A number for each row."""
    x, y = flowers()
    return x, (x @ np.array([1, -0.5, 2, 0.3]) + y * 0.2 + 3).astype(np.float64)


def several() -> tuple[Any, Any]:
    """Two numbers for each row."""
    x, y = measured()
    return x, np.stack([y, 3 - y], 1)


def incomplete() -> tuple[Any, Any]:
    """Some numbers are missing."""
    x, y = flowers()
    holes = x.copy()
    holes[::5, 1] = np.nan
    holes[3, 2] = np.nan
    return holes, y


def categories() -> tuple[Any, Any]:
    """Small integers."""
    _, y = flowers()
    return RNG.integers(0, 4, (90, 3)), (y > 0).astype(int)


def words() -> tuple[Any, Any]:
    """Categories that are strings."""
    x, y = categories()
    return np.array(["p", "q", "r", "s"])[x].astype(object), y


@dataclass(frozen=True)
class Case:
    """An estimator and its data; `reference` counts steps of strings or maps."""

    make: Callable[[], Any]
    data: Callable[[], tuple[Any, Any]] = flowers
    reference: int = 0
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])


def classifier(make: Callable[[], Any], data: Any = flowers, reference: int = 0) -> Case:
    """A classifier whose probabilities stay a matrix."""
    return Case(make, data, reference, {"zipmap": False})


def pipe(*steps: Any) -> Any:
    return pipeline.make_pipeline(*steps)


LOGISTIC = linear_model.LogisticRegression
CLASSIFIERS: dict[str, Case] = {
    "logistic, three classes": classifier(LOGISTIC),
    "logistic, two classes": classifier(LOGISTIC, two),
    "logistic, one against the rest": classifier(
        lambda: multiclass.OneVsRestClassifier(LOGISTIC())
    ),
    "logistic, strings": classifier(LOGISTIC, named, 1),
    "sgd": classifier(lambda: linear_model.SGDClassifier(loss="log_loss", random_state=0)),
    "linear svc": Case(svm.LinearSVC),
    "linear svc, two classes": Case(svm.LinearSVC, two),
    "svc": classifier(svm.SVC),
    "svc, linear, two classes": classifier(lambda: svm.SVC(kernel="linear"), two),
    "svc, probabilities": classifier(lambda: svm.SVC(probability=True, random_state=0)),
    "svc, probabilities, two": classifier(lambda: svm.SVC(probability=True, random_state=0), two),
    "svc, polynomial": classifier(
        lambda: svm.SVC(kernel="poly", probability=True, random_state=0, C=0.1)
    ),
    "nu svc, strings": classifier(lambda: svm.NuSVC(probability=True, random_state=0), named, 1),
    "mlp": classifier(lambda: neural_network.MLPClassifier((8,), max_iter=60, random_state=0)),
    "gaussian naive bayes": classifier(naive_bayes.GaussianNB),
    "multinomial naive bayes": classifier(naive_bayes.MultinomialNB),
    "bernoulli naive bayes": classifier(lambda: naive_bayes.BernoulliNB(binarize=2.0)),
    "neighbours": classifier(neighbors.KNeighborsClassifier),
    "neighbours by distance": Case(
        lambda: neighbors.KNeighborsClassifier(weights="distance"),
        options={"zipmap": False, "optim": "cdist"},
    ),
    "lda": classifier(discriminant_analysis.LinearDiscriminantAnalysis),
    "qda": classifier(discriminant_analysis.QuadraticDiscriminantAnalysis),
    "calibrated": classifier(lambda: calibration.CalibratedClassifierCV(svm.LinearSVC(), cv=2)),
    "calibrated, isotonic": classifier(
        lambda: calibration.CalibratedClassifierCV(LOGISTIC(), method="isotonic", cv=2)
    ),
    "voting": classifier(
        lambda: ensemble.VotingClassifier(
            [("a", LOGISTIC()), ("b", naive_bayes.GaussianNB())],
            voting="soft",
            flatten_transform=False,
        )
    ),
    "stacking": classifier(
        lambda: ensemble.StackingClassifier(
            [("a", LOGISTIC()), ("b", naive_bayes.GaussianNB())], cv=2
        )
    ),
    "scaled": classifier(lambda: pipe(preprocessing.StandardScaler(), LOGISTIC())),
    "scaled, projected, svc": classifier(
        lambda: pipe(
            preprocessing.StandardScaler(),
            decomposition.PCA(2),
            svm.SVC(probability=True, random_state=0),
        )
    ),
    "categories": classifier(
        lambda: pipe(preprocessing.OneHotEncoder(handle_unknown="ignore"), LOGISTIC()), categories
    ),
}
FORESTS: dict[str, Case] = {
    "tree": classifier(lambda: tree.DecisionTreeClassifier(max_depth=4, random_state=0)),
    "forest": classifier(lambda: ensemble.RandomForestClassifier(5, random_state=0)),
    "boosting": classifier(lambda: ensemble.GradientBoostingClassifier(n_estimators=4)),
    "ada boost": classifier(lambda: ensemble.AdaBoostClassifier(n_estimators=3, random_state=0)),
    "isolation": Case(lambda: ensemble.IsolationForest(n_estimators=4, random_state=0)),
    "imputed forest": classifier(
        lambda: pipe(impute.SimpleImputer(), ensemble.RandomForestClassifier(4, random_state=0)),
        incomplete,
    ),
    "forest, numbers": Case(lambda: ensemble.RandomForestRegressor(4, random_state=0), measured),
    "boosting, numbers": Case(lambda: ensemble.GradientBoostingRegressor(n_estimators=4), measured),
}
REGRESSORS: dict[str, Case] = {
    "linear": Case(linear_model.LinearRegression, measured),
    "linear, two targets": Case(linear_model.LinearRegression, several),
    "poisson": Case(linear_model.PoissonRegressor, measured),
    "svr": Case(svm.SVR, measured),
    "nu svr": Case(lambda: svm.NuSVR(kernel="sigmoid", gamma=0.01), measured),
    "mlp": Case(
        lambda: neural_network.MLPRegressor(hidden_layer_sizes=(8,), max_iter=60, random_state=0),
        measured,
    ),
    "neighbours": Case(neighbors.KNeighborsRegressor, measured),
    "gaussian process": Case(gaussian_process.GaussianProcessRegressor, measured),
    "polynomial": Case(
        lambda: pipe(
            preprocessing.PolynomialFeatures(2),
            preprocessing.StandardScaler(),
            linear_model.Ridge(),
        ),
        measured,
    ),
    "partial least squares": Case(lambda: cross_decomposition.PLSRegression(2), measured),
    "each target by itself": Case(
        lambda: multioutput.MultiOutputRegressor(linear_model.Ridge()), several
    ),
}
TRANSFORMERS: dict[str, Case] = {
    "standard scaler": Case(preprocessing.StandardScaler),
    "min-max scaler": Case(lambda: preprocessing.MinMaxScaler(clip=True)),
    "robust scaler": Case(preprocessing.RobustScaler),
    "rows of length one": Case(preprocessing.Normalizer),
    "binarizer": Case(lambda: preprocessing.Binarizer(threshold=2.0)),
    "polynomials": Case(preprocessing.PolynomialFeatures),
    "bins": Case(lambda: preprocessing.KBinsDiscretizer(3, encode="ordinal")),
    "one-hot bins": Case(lambda: preprocessing.KBinsDiscretizer(3, encode="onehot-dense")),
    "power": Case(preprocessing.PowerTransformer),
    "pca": Case(lambda: decomposition.PCA(2, whiten=True)),
    "truncated svd": Case(lambda: decomposition.TruncatedSVD(2)),
    "kernel pca": Case(lambda: decomposition.KernelPCA(2, kernel="rbf")),
    "imputer": Case(impute.SimpleImputer, incomplete),
    "one-hot": Case(lambda: preprocessing.OneHotEncoder(handle_unknown="ignore"), categories),
    "one-hot of strings": Case(
        lambda: preprocessing.OneHotEncoder(handle_unknown="ignore"), words, 6
    ),
    "ordinals": Case(preprocessing.OrdinalEncoder, categories),
    "best features": Case(lambda: feature_selection.SelectKBest(k=2)),
    "random projection": Case(
        lambda: random_projection.GaussianRandomProjection(2, random_state=0)
    ),
}
CLUSTERS: dict[str, Case] = {
    "k-means": Case(lambda: cluster.KMeans(3, n_init=1, random_state=0)),
    "gaussian mixture": Case(lambda: mixture.GaussianMixture(2, random_state=0)),
    "one class": Case(svm.OneClassSVM),
}
FAMILIES = {
    "classifier": CLASSIFIERS,
    "forest": FORESTS,
    "regressor": REGRESSORS,
    "transformer": TRANSFORMERS,
    "cluster": CLUSTERS,
}
NAMES = [(family, name) for family, cases in FAMILIES.items() for name in cases]


def expected_of(estimator: Any, x: Any, family: str) -> list[Any]:
    """What scikit-learn says, in the order of the model's outputs."""
    if family == "transformer":
        found = estimator.transform(x)
        return [found.toarray() if hasattr(found, "toarray") else found]
    labels = estimator.predict(x)
    if isinstance(estimator, cluster.KMeans):
        return [labels, estimator.transform(x)]
    if hasattr(estimator, "predict_proba"):
        return [labels, estimator.predict_proba(x)]
    return [labels]


def worst(found: list[Any], expected: list[Any]) -> float:
    """The largest deviation of numbers, by the size of what is expected."""
    errors = [0.0]
    for got, want in zip(found, expected, strict=False):
        want = np.asarray(want)
        if want.dtype.kind in "OU":
            assert np.asarray(got).reshape(want.shape).tolist() == want.tolist()
            continue
        got = np.asarray(got, np.float64).reshape(want.shape)
        errors.append(float(np.abs(got - want).max() / max(1.0, float(np.abs(want).max()))))
    return max(errors)


def converted(case: Case) -> tuple[Any, onnx.ModelProto, Any]:
    """The fitted estimator, its model with an open number of rows, and its features."""
    x, y = case.data()
    estimator = case.make()
    estimator.fit(x, y)
    kinds = {"f": FloatTensorType, "i": Int64TensorType}
    type_ = kinds.get(x.dtype.kind, StringTensorType)([None, x.shape[1]])
    options = {id(estimator): dict(case.options)} if case.options else None
    version = {"": 18, "ai.onnx.ml": 3}
    model = write(estimator, initial_types=[("X", type_)], options=options, target_opset=version)
    return estimator, model, x


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore:Stochastic Optimizer")
@pytest.mark.parametrize("at", range(len(NAMES)), ids=lambda at: ": ".join(NAMES[at]))
def test_estimator(at):
    family, name = NAMES[at]
    case = FAMILIES[family][name]
    estimator, model, features = converted(case)
    # Every other one with one row: kernels for one are others.
    x = features[: 7 if at % 2 else 1]
    expected = expected_of(estimator, x, family)
    engine = stepwell.compile(model, shapes={"X": x.shape}, threads=1)
    assert len(engine.reference_ops) == case.reference, engine.reference_ops
    found = list(engine.run({"X": x}).values())
    session = onnxruntime.InferenceSession(model.SerializeToString())
    allowed = 2 * worst(list(session.run(None, {"X": x})), expected) + 1e-6
    assert worst(found, expected) <= allowed


def test_maps_of_probabilities_come_last():
    """A ZipMap takes native probabilities and nothing else."""
    estimator, model, features = converted(Case(LOGISTIC))
    x = features[:4]
    engine = stepwell.compile(model, shapes={"X": x.shape}, threads=1)
    assert len(engine.reference_ops) == 1
    labels, maps = engine.run({"X": x}).values()
    assert labels.tolist() == estimator.predict(x).tolist()
    assert [list(row) for row in maps] == [[0, 1, 2]] * 4
    rows = np.array([list(row.values()) for row in maps])
    np.testing.assert_allclose(rows, estimator.predict_proba(x), rtol=1e-4, atol=1e-6)


def test_columns_of_several_types():
    """Numbers and strings side by side: only the strings are looked up by reference."""
    age, income = (RNG.normal(mean, 2, (60, 1)).astype(np.float32) for mean in (40, 5))
    age[::9] = np.nan
    city = np.array(["p", "q", "r"])[RNG.integers(0, 3, (60, 1))].astype(object)
    y = (income[:, 0] > 5).astype(int)
    table = np.concatenate([age.astype(object), income.astype(object), city], 1)
    estimator = pipe(
        compose.ColumnTransformer(
            [
                ("n", pipe(impute.SimpleImputer(), preprocessing.StandardScaler()), [0, 1]),
                ("c", preprocessing.OneHotEncoder(handle_unknown="ignore"), [2]),
            ]
        ),
        LOGISTIC(),
    )
    estimator.fit(table, y)
    types = [FloatTensorType, FloatTensorType, StringTensorType]
    names = ["age", "income", "city"]
    model = write(
        estimator,
        initial_types=[(name, type_([None, 1])) for name, type_ in zip(names, types, strict=True)],
        options={id(estimator): {"zipmap": False}},
        target_opset={"": 18, "ai.onnx.ml": 3},
    )
    for rows in (1, 5):
        feeds = {n: v[:rows] for n, v in zip(names, (age, income, city), strict=True)}
        engine = stepwell.compile(model, shapes=dict.fromkeys(names, (rows, 1)), threads=1)
        steps = [str(step) for step in engine.reference_ops]
        assert all("Encoder" in step or "Gather" in step for step in steps), steps
        label, scores = engine.run(feeds).values()
        assert label.tolist() == estimator.predict(table[:rows]).tolist()
        want = estimator.predict_proba(table[:rows])
        np.testing.assert_allclose(scores, want, rtol=1e-4, atol=1e-6)
