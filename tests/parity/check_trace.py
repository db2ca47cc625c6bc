"""Computes a run's --trace again with PyTorch and says how far it is off.

python check_trace.py MODEL.onnx TRACE...        (needs torch, numpy, onnx)

For traces of tent and of norm. Reads the source weights from the ONNX file, and for each step NNNN/ the batch (input.npy), the options and slices
(views.json), what the network said (logits.npy) and the parameters after the step (params.safetensors). Nothing of
Scanbridge is used. Exit code 1 if anything differs by more than 1e-4.
"""
import json
import os
import struct
import sys

import numpy as np
import onnx
import onnx.numpy_helper
import torch
import torch.nn.functional as F

TOLERANCE = 1e-4


def safetensors(path):
    with open(path, 'rb') as file:
        size = struct.unpack('<Q', file.read(8))[0]
        header, data = json.loads(file.read(size)), file.read()
    return {
        name: torch.from_numpy(np.frombuffer(data[slice(*entry['data_offsets'])], np.float32).reshape(entry['shape']).copy())
        for name, entry in header.items()
        if name != '__metadata__'
    }


class Network:
    def __init__(self, path):
        self.graph = onnx.load(path).graph
        self.weights = {t.name: torch.from_numpy(onnx.numpy_helper.to_array(t).copy()) for t in self.graph.initializer}
        self.norms = {n.input[1]: (n.input[3], n.input[4]) for n in self.graph.node if n.op_type == 'BatchNormalization'}
        self.affine = [name for n in self.graph.node if n.op_type == 'BatchNormalization' for name in n.input[1:3]]

    def __call__(self, x, alpha, seen=None):
        """alpha: share of the batch's own statistics; seen: gets the moments of each norm layer's input."""
        values = {self.graph.input[0].name: x}
        get = lambda name: values[name] if name in values else self.weights[name]
        for node in self.graph.node:
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            a = [get(name) for name in node.input]
            if node.op_type == 'Conv':
                y = F.conv2d(a[0], a[1], a[2] if len(a) > 2 else None, padding=attributes.get('pads', [0])[0])
            elif node.op_type == 'ConvTranspose':
                y = F.conv_transpose2d(a[0], a[1], a[2], stride=attributes['strides'][0])
            elif node.op_type == 'Relu':
                y = F.relu(a[0])
            elif node.op_type == 'MaxPool':
                y = F.max_pool2d(a[0], 2)
            elif node.op_type == 'Concat':
                y = torch.cat(a, attributes['axis'])
            elif node.op_type == 'BatchNormalization':
                variance, mean = torch.var_mean(a[0], (0, 2, 3), unbiased=False)
                if seen is not None:
                    seen.setdefault(node.input[1], []).append((a[0].numel() // a[0].shape[1], mean.detach(), variance.detach()))
                m, v = (1 - alpha) * a[3] + alpha * mean, (1 - alpha) * a[4] + alpha * variance
                k = a[1] / torch.sqrt(v + attributes['epsilon'])
                y = a[0] * k.view(1, -1, 1, 1) + (a[2] - m * k).view(1, -1, 1, 1)
            else:
                raise SystemExit(f'{node.op_type} is not part of this check')
            values[node.output[0]] = y
        return values[self.graph.output[0].name]


def entropy(logits, kind, threshold, valid):
    log_p = F.log_softmax(logits, 1)
    h = -(log_p.exp() * log_p).sum(1)
    with torch.no_grad():
        (i0, i1), (j0, j1) = valid[:2]
        w = torch.zeros_like(h)
        w[:, j0:j1, i0:i1] = 1
        if kind == 'masked':
            w = w * (log_p.exp().max(1).values >= threshold)
        if kind == 'balanced':
            won = F.one_hot(logits.argmax(1), logits.shape[1]) * w[..., None]
            w = (won / won.sum((0, 1, 2)).clamp(min=1)).sum(-1)
    return (h * w).sum() / (w.sum() + 1e-6)


def check(model, folder):
    """Largest difference over logits, parameters and statistics of all steps."""
    network = Network(model)
    steps = [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.isdigit()]
    traces = [
        dict(
            input=torch.from_numpy(np.load(os.path.join(step, 'input.npy'))),
            logits=torch.from_numpy(np.load(os.path.join(step, 'logits.npy'))),
            views=json.load(open(os.path.join(step, 'views.json'))),
            after=safetensors(os.path.join(step, 'params.safetensors')),
        )
        for step in steps
    ]
    options = traces[0]['views']['options']
    worst = 0.0

    def compare(mine, theirs):
        nonlocal worst
        worst = max(worst, (mine.detach() - theirs).abs().max().item())

    if 'entropy' not in options:
        seen = {}
        for trace in traces:
            with torch.no_grad():
                compare(network(trace['input'], options['alpha'], seen), trace['logits'])
            for scale, (mean_name, variance_name) in network.norms.items():
                n = sum(b[0] for b in seen[scale])
                mean = sum(b[0] * b[1] for b in seen[scale]) / n
                variance = sum(b[0] * (b[2] + b[1] ** 2) for b in seen[scale]) / n - mean**2
                blend = lambda name, own: (1 - options['alpha']) * network.weights[name] + options['alpha'] * own
                compare(blend(mean_name, mean), trace['after'][mean_name])
                compare(blend(variance_name, variance), trace['after'][variance_name])
    else:
        alpha = 1 if options['statistics'] == 'batch' else 0
        if options['statistics'] == 'volume':
            for names in network.norms.values():
                network.weights.update({name: traces[0]['after'][name] for name in names})
        trained = [network.weights[name].requires_grad_() for name in network.affine]
        optimizer = torch.optim.Adam(trained, lr=options['learningRate'], eps=1e-8)
        for trace in traces:
            logits = network(trace['input'], alpha)
            compare(logits, trace['logits'])
            optimizer.zero_grad()
            entropy(logits, options['entropy'], options['threshold'], trace['views']['valid']).backward()
            optimizer.step()
            for name in network.affine:
                compare(network.weights[name], trace['after'][name])
    print(f'{folder}: {len(traces)} steps, worst difference {worst:.2e}')
    return worst


if __name__ == '__main__':
    torch.set_num_threads(1)
    sys.exit(0 if max(check(sys.argv[1], folder) for folder in sys.argv[2:]) <= TOLERANCE else 1)
