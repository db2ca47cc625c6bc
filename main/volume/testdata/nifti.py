"""Writes nifti.json: small NIfTI files made by nibabel, and what nibabel says of them.

pip install nibabel numpy; python nifti.py > nifti.json
Every file: its bytes (base64), shape, affine (RAS, row by row), and all values with the index i fastest.
"""
import base64
import gzip
import json
import sys

import nibabel
import numpy

random = numpy.random.default_rng(5)
oblique = numpy.array([[0.9, -0.2, 0.3, -12.5], [0.25, 1.4, -0.1, 30.25], [-0.2, 0.3, 2.1, 7.0], [0, 0, 0, 1]])
turn = nibabel.quaternions.quat2mat([0.4, 0.3, -0.6, 0.62]) @ numpy.diag([1.0, 1.5, -2.0])
rotated = nibabel.affines.from_matvec(turn, [5, -6, 7])
half_turn = nibabel.affines.from_matvec(numpy.diag([-1.0, -2.0, 3.0]), [1, 2, 3])
found = {}


def keep(name, image, packed=False):
    data = image.to_bytes()
    values = numpy.asarray(nibabel.Nifti1Image.from_bytes(data).dataobj if image.header["sizeof_hdr"] == 348 else image.dataobj)
    found[name] = {
        "bytes": base64.b64encode(gzip.compress(data, mtime=0) if packed else data).decode(),
        "shape": list(image.shape),
        "affine": [float(x) for x in image.affine.ravel()],
        "values": [float(x) for x in numpy.asarray(values, float).ravel(order="F")],
    }


shape = (3, 2, 2)
for dtype in ["uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]:
    high = 120 if dtype.endswith("int8") else 30000
    low = 0 if dtype.startswith("u") else -high
    values = random.uniform(low, high, shape).astype(dtype)
    header = nibabel.Nifti1Header()
    header.set_data_dtype(dtype)
    keep(dtype, nibabel.Nifti1Image(values, oblique, header))
    big = nibabel.Nifti1Header(endianness=">")
    big.set_data_dtype(dtype)
    keep(dtype + " big endian", nibabel.Nifti1Image(values, oblique, big))

values = random.integers(-100, 100, shape).astype("int16")
header = nibabel.Nifti1Header()
header.set_data_dtype("int16")
keep("scaled to int16", nibabel.Nifti1Image(values * 0.5 - 3.0, oblique, header))
for name, affine in [("qform only", rotated), ("qform of half a turn", half_turn)]:
    image = nibabel.Nifti1Image(values, None)
    image.set_qform(affine, code=1)
    image.set_sform(None, code=0)
    keep(name, nibabel.Nifti1Image.from_bytes(image.to_bytes()))
both = nibabel.Nifti1Image(values, oblique)
both.set_qform(rotated, code=2)
both.set_sform(oblique, code=1)
keep("both, sform counts", both)
keep("NIfTI-2", nibabel.Nifti2Image(values, oblique))
keep("packed", nibabel.Nifti1Image(values, oblique), packed=True)
keep("two dimensions", nibabel.Nifti1Image(values[:, :, 0], oblique))
keep("four dimensions", nibabel.Nifti1Image(random.integers(0, 9, (2, 2, 2, 3)).astype("uint8"), oblique))
extended = nibabel.Nifti1Image(values, oblique)
extended.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"a comment of some length"))
keep("with an extension", extended)
print("{\n" + ",\n".join(json.dumps(name) + ": " + json.dumps(facts) for name, facts in found.items()) + "\n}")
