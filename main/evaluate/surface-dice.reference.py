"""Makes surface-dice.reference.json for surface.test.ts: surface Dice, HD95 and ASSD of the shapes of surface.reference.json.
Distances are those of a k-d tree over voxel centres in mm, so that no distance transform is shared with surface.reference.py.
Needs numpy and scipy (made with 2.4.6, 1.17.1). Prints the file."""
import json
from pathlib import Path
import numpy as np
from scipy.spatial import cKDTree

TOLERANCES = [0.5, 1, 2.5]


def draw(shape, ellipsoids):
    i, j, k = np.meshgrid(*(2 * np.arange(n) for n in shape), indexing="ij")
    mask = np.zeros(shape, bool)
    for ci, cj, ck, ri, rj, rk in ellipsoids:
        left = ((i - ci) * rj * rk) ** 2 + ((j - cj) * ri * rk) ** 2 + ((k - ck) * ri * rj) ** 2
        mask |= left <= (ri * rj * rk) ** 2
    return mask


def surface(mask, spacing):
    padded = np.pad(mask, 1)
    inside = mask.copy()
    for axis in range(3):
        for step in (-1, 1):
            inside &= np.roll(padded, step, axis)[1:-1, 1:-1, 1:-1]
    return np.argwhere(mask & ~inside) * np.array(spacing)


results = []
for case in json.loads(Path(__file__).with_name("surface.reference.json").read_text()):
    p, g = (surface(draw(case["shape"], case[key]), case["spacing"]) for key in ("prediction", "reference"))
    from_p, from_g = cKDTree(g).query(p)[0], cKDTree(p).query(g)[0]
    pooled = np.hstack([from_p, from_g])
    results.append({
        "name": case["name"],
        "surfaceDice": [{"toleranceMm": t, "value": float((pooled <= t).mean())} for t in TOLERANCES],
        "hd95": float(max(np.percentile(from_p, 95), np.percentile(from_g, 95))),
        "assd": float(pooled.mean()),
    })
print(json.dumps(results))
