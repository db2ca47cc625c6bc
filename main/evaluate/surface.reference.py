"""Makes surface.reference.json for surface.test.ts: Dice, HD95, ASSD of ellipsoids, by SciPy, SimpleITK and medpy.
Needs numpy, scipy, SimpleITK, medpy (made with 2.4.6, 1.17.1, 2.5.7, 0.5.2). Prints the file. The shapes are closed forms in integers, so that both languages draw the same voxels."""
import json
import numpy as np
import SimpleITK as sitk
from medpy.metric import binary
from scipy import ndimage

# name, shape (i, j, k), spacing, ellipsoids of prediction and of reference: centre and radii in voxels (all doubled, to stay integer)
CASES = [
    ("moved", (40, 44, 36), (1.0, 1.0, 1.0), [(36, 40, 36, 24, 28, 20)], [(42, 40, 36, 24, 28, 20)]),
    ("anisotropic", (40, 44, 20), (0.9, 1.1, 4.8), [(36, 40, 20, 24, 28, 12)], [(40, 44, 18, 20, 28, 14)]),
    ("with a far island", (40, 44, 36), (1.0, 0.7, 1.5), [(36, 40, 36, 24, 28, 20), (70, 80, 64, 4, 4, 4)], [(36, 40, 36, 26, 28, 20)]),
    ("cut by the border", (24, 24, 24), (2.0, 1.0, 1.0), [(4, 24, 24, 20, 20, 20)], [(10, 24, 40, 20, 18, 24)]),
    ("far apart", (60, 20, 20), (1.0, 1.0, 1.0), [(12, 20, 20, 8, 8, 8)], [(100, 20, 20, 10, 10, 10)]),
]


def draw(shape, ellipsoids):
    k, j, i = np.meshgrid(*(2 * np.arange(n) for n in shape[::-1]), indexing="ij")
    mask = np.zeros(shape[::-1], bool)
    for ci, cj, ck, ri, rj, rk in ellipsoids:
        left = ((i - ci) * rj * rk) ** 2 + ((j - cj) * ri * rk) ** 2 + ((k - ck) * ri * rj) ** 2
        mask |= left <= (ri * rj * rk) ** 2
    return mask


def border(mask):
    return mask & ~ndimage.binary_erosion(mask, ndimage.generate_binary_structure(3, 1), border_value=0)


results = []
for name, shape, spacing, first, second in CASES:
    p, g = draw(shape, first), draw(shape, second)
    mm = spacing[::-1]
    to = lambda other: ndimage.distance_transform_edt(~border(other), sampling=mm)
    from_p, from_g = to(g)[border(p)], to(p)[border(g)]
    image = [sitk.GetImageFromArray(border(m).astype(np.uint8)) for m in (p, g)]
    for one in image:
        one.SetSpacing(spacing)
    hausdorff = sitk.HausdorffDistanceImageFilter()
    hausdorff.Execute(*image)
    assert abs(hausdorff.GetHausdorffDistance() - max(from_p.max(), from_g.max())) < 1e-4, name
    assert abs(binary.hd95(p, g, voxelspacing=mm) - np.percentile(np.hstack([from_p, from_g]), 95)) < 1e-9, name
    results.append({
        "name": name, "shape": shape, "spacing": spacing, "prediction": first, "reference": second,
        "dice": binary.dc(p, g),
        "hd95": max(np.percentile(from_p, 95), np.percentile(from_g, 95)),
        "hd95Pooled": binary.hd95(p, g, voxelspacing=mm),
        "assd": np.hstack([from_p, from_g]).mean(),
    })
print(json.dumps(results))
