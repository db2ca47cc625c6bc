"""Scores the masks and samples of metrics-independent.test.ts with other people's tools: Dice by surface-distance, surfaces and
distances by SimpleITK, aggregates by surface-distance and NumPy, tests and intervals by SciPy. Reads FOLDER/cases.json and the
masks beside it (uint8, i fastest), prints JSON."""
import json
import sys
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import surface_distance
from scipy import stats

folder = Path(sys.argv[1])
given = json.loads((folder / "cases.json").read_text())


def read(name, shape):
    return np.fromfile(folder / name, np.uint8).reshape(shape[::-1]).astype(bool)


def image(mask, spacing):
    """With a rim of background, since outside the image is background; a slice stays a slice."""
    rim = [(0, 0) if n == 1 else (1, 1) for n in mask.shape]
    out = sitk.GetImageFromArray(np.pad(mask, rim).astype(np.uint8))
    out.SetSpacing(spacing)
    return out


def contour(one):
    if one.GetSize()[2] > 1:
        return sitk.BinaryContour(one, fullyConnected=False)
    flat = sitk.BinaryContour(one[:, :, 0], fullyConnected=False)
    return sitk.JoinSeries(flat, 0, one.GetSpacing()[2])


def directed(from_contour, to_contour):
    to = sitk.Abs(sitk.SignedMaurerDistanceMap(to_contour, insideIsPositive=False, squaredDistance=False, useImageSpacing=True))
    return sitk.GetArrayFromImage(to)[sitk.GetArrayFromImage(from_contour) > 0].astype(float)


def score(case):
    shape, spacing, tolerance = case["shape"], case["spacing"], case["toleranceMm"]
    p, g = (read(f"{case['name']}.{key}", shape) for key in ("prediction", "reference"))
    ml = float(np.prod(spacing)) / 1000
    out = {"name": case["name"], "predictionMl": float(p.sum()) * ml, "referenceMl": float(g.sum()) * ml}
    if not p.any() and not g.any():
        return {**out, "dice": None}
    out["dice"] = float(surface_distance.compute_dice_coefficient(g, p))
    if not p.any() or not g.any():
        return out
    surfaces = [contour(image(mask, spacing)) for mask in (p, g)]
    from_p, from_g = directed(surfaces[0], surfaces[1]), directed(surfaces[1], surfaces[0])
    # Voxels in place of elements of area: all count the same.
    lists = {
        "distances_gt_to_pred": np.sort(from_g),
        "distances_pred_to_gt": np.sort(from_p),
        "surfel_areas_gt": np.ones(len(from_g)),
        "surfel_areas_pred": np.ones(len(from_p)),
    }
    means = surface_distance.compute_average_surface_distance(lists)
    out["assd"] = float((means[0] * len(from_g) + means[1] * len(from_p)) / (len(from_g) + len(from_p)))
    out["surfaceDice"] = float(surface_distance.compute_surface_dice_at_tolerance(lists, tolerance))
    out["hd95"] = float(max(np.percentile(from_p, 95), np.percentile(from_g, 95)))
    # surface-distance's own surfaces are elements of area between voxels: the same up to a voxel.
    own = surface_distance.compute_surface_distances(g, p, spacing[::-1])
    out["hd95OfElements"] = float(surface_distance.compute_robust_hausdorff(own, 95))
    return out


def holm(p):
    """By its definition: the largest (m - rank) p of all that are no larger."""
    p = np.array(p)
    return [float(min(1, max((np.sum(p >= other) * other) for other in p[p <= one]))) for one in p]


def sample(case):
    x = np.array(case["values"])
    low, high = stats.bootstrap(
        (x,), np.median, method="BCa", n_resamples=20_000, batch=2_000, rng=np.random.default_rng(5)
    ).confidence_interval
    z = x[x != 0]
    exact = len(z) <= 50
    p = stats.wilcoxon(z, method="exact" if exact else "approx", correction=False).pvalue
    return {"name": case["name"], "low": float(low), "high": float(high), "p": float(p)}


print(json.dumps({
    "masks": [score(case) for case in given["masks"]],
    "samples": [sample(case) for case in given["samples"]],
    "holm": holm(given["p"]),
}))
