"""Writes pixels.json: what pydicom (with pylibjpeg) decodes from the public files in shared/data/dicom.

pip install pydicom pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg pylibjpeg-rle numpy
python pixels.py DATA > pixels.json       (DATA: the folder shared/data)

For every monochrome picture: shape of the stored values, min, max, sum, and 16 samples [flat index, value].
"""
import json
import pathlib
import sys

import numpy
import pydicom

root = pathlib.Path(sys.argv[1]) / "dicom"
random = numpy.random.default_rng(3)
found = {}
for path in sorted(root.glob("pydicom/test_files/*.dcm")) + sorted(root.glob("dicomparser/**/*")):
    if not path.is_file():
        continue
    try:
        dataset = pydicom.dcmread(path)
        if not str(dataset.get("PhotometricInterpretation", "")).startswith("MONO") or dataset.BitsAllocated < 8:
            continue
        pixels = dataset.pixel_array
    except Exception as error:
        print(path.name, str(error).splitlines()[0][:100], file=sys.stderr)
        continue
    flat = pixels.astype(numpy.int64).ravel()
    at = random.integers(0, flat.size, 16)
    found[str(path.relative_to(root))] = {
        "size": int(flat.size),
        "min": int(flat.min()),
        "max": int(flat.max()),
        "sum": int(flat.sum()),
        "samples": [[int(n), int(flat[n])] for n in at],
    }
print("{\n" + ",\n".join(json.dumps(name) + ": " + json.dumps(facts) for name, facts in found.items()) + "\n}")
