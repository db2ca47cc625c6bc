"""Makes calibrate.reference.json for calibrate.test.ts: fits and figures by scikit-learn (made with 1.9.1). Prints the file."""
import json

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

rng = np.random.default_rng(11)
# Scores that are taken as they are.
plain = ["S3 volume distance change", "S5 proportions change", "S7 islands change", "S12 separation change"]
plain += ["S13 contrast distance change"]
of_state = ["S4 change", "S1 entropy ratio", "S4 before", "gate consistency", *plain]
of_source = ["S4 before", "gate consistency"]
states = []
for shift in range(6):
    for case in range(2):
        steady, agreement = rng.normal(0.85, 0.05), rng.normal(0.9, 0.04)
        before = 0.2 + 0.8 * steady + rng.normal(0, 0.02)
        for _ in range(5):
            change, entropy = rng.normal(0, 0.02), rng.normal(0.9, 0.2)
            gain = 0.03 + 3 * change - 0.05 * steady + rng.normal(0, 0.01) - (0.3 if rng.uniform() < 0.1 else 0)
            names = ("S4 consistency", "S1 entropy ratio", "S4 before", "gate consistency")
            scores = dict(zip(names, (steady + change, abs(entropy), steady, agreement)))
            scores |= {name: float(rng.normal(-gain, 0.03)) for name in plain}
            if rng.uniform() < 0.15:
                scores["S7 islands change"] = None
            states.append(dict(case=f"{shift}-{case}", shift=str(shift), subject=str((2 * shift + case) % 4), before=before, after=before + gain, scores=scores))
# One far outside of all others.
states[7]["scores"]["S1 entropy ratio"] = 9.0
states = json.loads(json.dumps(states))

shift, subject = (np.array([s[k] for s in states]) for k in ("shift", "subject"))
cases = np.array([s["case"] for s in states])
first = np.array([n for n in range(len(states)) if n == 0 or cases[n] != cases[n - 1]])
before, after = (np.array([s[k] for s in states]) for k in ("before", "after"))
harmed, helped = after - before < -0.01, after - before > 0.01


def likeness(x):
    return -np.log(np.maximum(1 - x, 0.002))


forms = {
    "S4 change": lambda s: likeness(s["S4 consistency"]) - likeness(s["S4 before"]),
    "S1 entropy ratio": lambda s: np.log(s["S1 entropy ratio"]),
    "S4 before": lambda s: likeness(s["S4 before"]),
    "gate consistency": lambda s: likeness(s["gate consistency"]),
    **{name: lambda s, name=name: np.nan if s[name] is None else s[name] for name in plain},
}


def table(names):
    return np.array([[forms[n](s["scores"]) for n in names] for s in states])


def missing(dice):
    return np.log(np.maximum(1 - dice, 0.005))


def logit(dice):
    return np.log(np.clip(dice, 0.005, 1) / np.clip(1 - dice, 0.005, 1))


def after_scaling(model):
    return make_pipeline(StandardScaler(), FunctionTransformer(lambda x: np.nan_to_num(np.clip(x, -4, 4))), model)


def forest():
    # So many trees that chance hardly plays a part.
    return ExtraTreesRegressor(4000, max_features=0.3, min_samples_leaf=2, random_state=1, n_jobs=-1)


def fitted(train):
    own = first[np.isin(first, np.flatnonzero(train))]
    change = after_scaling(forest()).fit(table(of_state)[train], np.clip(missing(after) - missing(before), -1.5, 1)[train])
    return change, after_scaling(Ridge(alpha=1.0)).fit(table(of_source)[own], logit(before[own]))


groups = [(s, p) for s in np.unique(shift) for p in np.unique(subject) if ((shift == s) & (subject == p)).any()]
groups = [((shift == s) & (subject == p), (shift != s) & (subject != p)) for s, p in groups]
change, source = (np.zeros(len(states)) for _ in range(2))
for own, others in groups:
    models = fitted(others)
    change[own], source[own] = models[0].predict(table(of_state)[own]), models[1].predict(table(of_source)[own])
source = 1 / (1 + np.exp(-source))
state = np.clip(1 - (1 - source) * np.exp(change), 0, 1)
worth = np.clip(after - before, -0.15, 0.15) * np.where(after < before, 2, 1)


def rule(rows):
    odds = LogisticRegression(C=100.0, solver="newton-cholesky", tol=1e-13, max_iter=1000)
    odds.fit(change[rows, None], harmed[rows])
    chances = odds.predict_proba(change[rows, None])[:, 1]
    return odds, threshold_of(chances, worth[rows])


def threshold_of(chances, worth):
    tried = np.r_[0.5, np.sort(chances[chances < 0.5])[::-1]]
    return tried[np.argmax([worth[chances < one].sum() for one in tried])]


chance, flagged = np.zeros(len(states)), np.zeros(len(states), bool)
for own, others in groups:
    odds, threshold = rule(others)
    chance[own] = odds.predict_proba(change[own, None])[:, 1]
    flagged[own] = chance[own] >= threshold
passing = ~flagged
bins = np.minimum((chance * 10).astype(int), 9)
error = sum(abs(chance[bins == b].mean() - harmed[bins == b].mean()) * (bins == b).sum() for b in np.unique(bins)) / len(states)
rule_of_all = rule(np.ones(len(states), bool))
by_shift = np.zeros(len(states))
for left in np.unique(shift):
    by_shift[shift == left] = fitted(shift != left)[0].predict(table(of_state)[shift == left])
shift_alone = dict(
    auc=roc_auc_score(harmed, by_shift),
    aucAgainstHelp=roc_auc_score(harmed[harmed | helped], by_shift[harmed | helped]),
)
ofSource = fitted(np.ones(len(states), bool))[1][-1]
print(
    json.dumps(
        dict(
            states=states,
            chances=chance.tolist(),
            expected=state.tolist(),
            harm=dict(intercept=rule_of_all[0].intercept_[0], slope=rule_of_all[0].coef_[0, 0], threshold=rule_of_all[1]),
            shiftAlone=shift_alone,
            source=dict(intercept=ofSource.intercept_, weights=ofSource.coef_.tolist()),
            order=of_source,
            threshold=threshold_of(chance, worth),
            auc=roc_auc_score(harmed, change),
            aucAgainstHelp=roc_auc_score(harmed[harmed | helped], change[harmed | helped]),
            brier=brier_score_loss(harmed, chance),
            calibrationError=error,
            caught=float(flagged[harmed].mean()),
            lost=float(flagged[helped].mean()),
            sourceErrors=np.quantile((before - source)[first], [0.05, 0.95]).tolist(),
            stateErrors=np.quantile((after - state)[passing], [0.05, 0.95]).tolist(),
        )
    )
)
