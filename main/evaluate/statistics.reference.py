"""Makes statistics.reference.json for statistics.test.ts: tests and intervals by SciPy (made with 1.17.1). Prints the file."""
import itertools
import json

import numpy as np
from scipy import stats

rng = np.random.default_rng(7)
out = {}
a = np.round(rng.normal(0.02, 0.05, 12), 3)
b = np.round(rng.normal(0.01, 0.05, 70), 2)
c = np.array([0.01, 0.02, -0.01, 0.02, 0, 0.03, -0.02, 0.05, 0.05])
out["wilcoxon"] = []
for name, x in (("twelve pairs", a), ("seventy pairs with ties", b)):
    z = x[x != 0]
    r = stats.wilcoxon(z, method="exact" if len(z) <= 50 else "approx", correction=False)
    out["wilcoxon"].append(dict(name=name, differences=x.tolist(), p=float(r.pvalue)))
# Ties, small: all sign patterns counted.
z = c[c != 0]
ranks = stats.rankdata(np.abs(z))
W = min(ranks[z > 0].sum(), ranks[z < 0].sum())
sums = np.array([ranks[np.array(s, bool)].sum() for s in itertools.product((0, 1), repeat=len(z))])
p = float(min(1, 2 * np.mean(sums <= W + 1e-9)))
out["wilcoxon"].append(dict(name="ties and a zero, all sign patterns counted", differences=c.tolist(), p=p))

# Intervals of medians from a million resamples. Values are multiples of 1/1024: halves of sums are exact, so that ties are.
def grid(values):
    return np.round(values * 1024) / 1024

samples = {
    "fifteen, skewed": grid(rng.gamma(2, 0.03, 15)),
    "twenty-four": grid(rng.normal(0, 1, 24)),
    "nine with ties": np.array([0.25, 0.5, 0.5, 0.5, 0.625, 0.75, 0.75, 0.875, 1]),
    "ten, skewed": grid(rng.gamma(1, 0.5, 10)),
    "a hundred": grid(rng.beta(8, 2, 100)),
}
out["bootstrap"] = []
for name, x in samples.items():
    r = stats.bootstrap((x,), np.median, method="BCa", n_resamples=1_000_000, batch=20_000, rng=np.random.default_rng(1))
    low, high = r.confidence_interval
    out["bootstrap"].append(dict(name=name, values=x.tolist(), low=float(low), high=float(high)))

out["normal"] = [dict(x=v, cdf=float(stats.norm.cdf(v))) for v in (-8.5, -5, -1.96, -0.3, 0, 0.7, 2.5758, 7.5)]
print(json.dumps(out))
