"""Reads a DICOM SEG with pydicom and highdicom and compares it with the label map it was made of.

python check-seg.py mask.dcm reference.json    (reference: shape, affine (LPS), data of the label map, i fastest)
Prints one JSON line: what each reader found. pip install pydicom highdicom numpy
"""
import json
import sys

import highdicom
import numpy
import pydicom

reference = json.load(open(sys.argv[2]))
expected = numpy.array(reference["data"]).reshape(reference["shape"], order="F")
inverse = numpy.linalg.inv(numpy.array(reference["affine"]).reshape(4, 4))

dataset = pydicom.dcmread(sys.argv[1])
pixels = dataset.pixel_array.reshape(-1, dataset.Rows, dataset.Columns)
by_pydicom = numpy.zeros_like(expected)
for frame, groups in zip(pixels, dataset.PerFrameFunctionalGroupsSequence):
    position = [float(x) for x in groups.PlanePositionSequence[0].ImagePositionPatient]
    index = inverse @ [*position, 1]
    assert numpy.abs(index[:3] - [0, 0, round(index[2])]).max() < 1e-3, index
    segment = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber
    by_pydicom[:, :, round(index[2])][frame.T.astype(bool)] = segment

segmentation = highdicom.seg.segread(sys.argv[1])
volume = segmentation.get_volume(combine_segments=True)
where = numpy.argwhere(volume.array > 0)
world = volume.affine @ numpy.c_[where, numpy.ones(len(where))].T
index = numpy.rint(inverse @ world)[:3].astype(int)
by_highdicom = numpy.zeros_like(expected)
by_highdicom[tuple(index)] = volume.array[tuple(where.T)]

print(
    json.dumps(
        {
            "pydicom": bool((by_pydicom == expected).all()),
            "highdicom": bool((by_highdicom == expected).all()),
            "labels": [segment.SegmentLabel for segment in dataset.SegmentSequence],
            "colors": [list(segment.RecommendedDisplayCIELabValue) for segment in dataset.SegmentSequence],
            "expectedColors": [list(highdicom.color.CIELabColor.from_string(c).value) for c in reference["colors"]],
            "sources": sorted(str(uid) for _, _, uid in segmentation.get_source_image_uids()),
            "patient": str(dataset.PatientName),
            "algorithm": segmentation.segment_numbers
            and str(dataset.SegmentSequence[0].SegmentationAlgorithmIdentificationSequence[0].AlgorithmName),
        }
    )
)
