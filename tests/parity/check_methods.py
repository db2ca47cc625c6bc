"""Computes the steps of methods.test.ts again with PyTorch: python check_methods.py recorded.json > expected.json (needs torch).

Takes from the recording the network's weights, the scan, what was drawn at random (slices, views, maps, anchors, factors) and
the augmented images; computes in double precision every loss, and the parameters after three steps. Nothing of Scanbridge's
numerics is used. Formulas: the method cards; arrays here are NCHW.
"""
import json
import math
import sys

import torch
import torch.nn.functional as F

D = torch.float64
EPS = 1e-6


def array(entry):
    return torch.tensor(entry['data'], dtype=D).reshape(entry['dims'])


class Network:
    """An ONNX graph with its own copy of the weights."""

    def __init__(self, graph, weights=None):
        self.graph = graph
        self.w = {k: array(v) for k, v in graph['weights'].items()}
        if weights:
            self.w.update({k: v.detach().clone() for k, v in weights.items()})
        self.norms = {n['inputs'][1]: n['inputs'][3:5] for n in graph['nodes'] if n['opType'] == 'BatchNormalization'}
        self.alpha = 0.0

    def copy(self):
        other = Network(self.graph, self.w)
        other.alpha = self.alpha
        return other

    def train(self, names):
        for name in names:
            self.w[name] = self.w[name].detach().clone().requires_grad_()
        return [self.w[name] for name in names]

    def __call__(self, x, values=None, moments=None, fixed=None):
        """values: gets every value by name; moments: (n, mean, biased variance) by norm layer; fixed: statistics to use."""
        values = {} if values is None else values
        values[self.graph['input']] = x
        for node in self.graph['nodes']:
            a = [values[n] if n in values else self.w[n] for n in node['inputs']]
            op, attributes = node['opType'], node['attributes']
            if op == 'Conv':
                y = F.conv2d(a[0], a[1], a[2] if len(a) > 2 else None, padding=attributes.get('pads', [0])[0])
            elif op == 'ConvTranspose':
                y = F.conv_transpose2d(a[0], a[1], a[2], stride=attributes['strides'][0])
            elif op == 'Relu':
                y = F.relu(a[0])
            elif op == 'MaxPool':
                y = F.max_pool2d(a[0], 2)
            elif op == 'GlobalAveragePool':
                y = a[0].mean((2, 3), keepdim=True)
            elif op == 'Concat':
                y = torch.cat(a, 1)
            elif op == 'BatchNormalization':
                name = node['inputs'][1]
                v, m = torch.var_mean(a[0], (0, 2, 3), unbiased=False)
                if moments is not None:
                    moments[name] = (a[0].numel() // a[0].shape[1], m.detach(), v.detach())
                sm, sv = fixed[name] if fixed else (a[3], a[4])
                m, v = (1 - self.alpha) * sm + self.alpha * m, (1 - self.alpha) * sv + self.alpha * v
                s = (1, -1, 1, 1)
                y = (a[0] - m.view(s)) / torch.sqrt(v.view(s) + attributes['epsilon']) * a[1].view(s) + a[2].view(s)
            else:
                raise SystemExit(op)
            values[node['outputs'][0]] = y
        return values[self.graph['output']]


def softmax(z):
    return F.softmax(z, 1)


def entropy(z):
    l = F.log_softmax(z, 1)
    return -(l.exp() * l).sum(1)


def entropy_of(p):
    return torch.special.entr(p).sum(1)


def wmean(v, w, eps=EPS):
    return (v * w).sum() / (w.sum() + eps)


def cross_entropy(t, z):
    return -(t * F.log_softmax(z, 1)).sum(1)


def kl(t, z):
    return cross_entropy(t, z) - entropy_of(t)


def per_class(p, w):
    return (p * w[:, None]).sum((0, 2, 3))


def present(p, t, w):
    return (per_class(torch.maximum(p.detach(), t), (w > 0).to(D))[1:] >= 32).to(D)


def dice_loss(t, p, w, eps=1.0, linear=False):
    size = p + t if linear else p**2 + t**2
    loss = 1 - (2 * per_class(p * t, w) + eps) / (per_class(size, w) + eps)
    there = present(p, t, w)
    return (there * loss[1:]).sum() / there.sum().clamp(min=1)


def ratio(p, w, source):
    m = per_class(p, w)[1:] + 1e-6
    m = m / m.sum()
    return (m * torch.log(m / torch.tensor(source, dtype=D).clamp(min=1e-4))).sum()


def apply_symmetry(x, s):
    return torch.rot90(x.flip(3) if s['mirror'] else x, s['turns'], (2, 3))


def undo_symmetry(x, s):
    back = torch.rot90(x, -s['turns'], (2, 3))
    return back.flip(3) if s['mirror'] else back


def dilate(mask, reach):
    return F.max_pool2d(mask[:, None], 2 * reach + 1, 1, reach)[:, 0]


def border(labels, reach):
    """Within `reach` of a border of the foreground; outside of the slice counts as background."""
    fg = (labels > 0).to(D)
    padded = F.pad(1 - fg, (reach,) * 4, value=1.0)
    eroded = F.max_pool2d(padded[:, None], 2 * reach + 1, 1)[:, 0]
    return dilate(fg, reach) * eroded


def around(labels, reach):
    return torch.maximum((labels > 0).to(D), border(labels, reach))


def one_hot(labels, k):
    return F.one_hot(labels, k).permute(0, 3, 1, 2).to(D)


def balanced(z, w):
    won = one_hot(z.argmax(1), z.shape[1]) * w[:, None]
    return (won / won.sum((0, 2, 3)).clamp(min=1).view(1, -1, 1, 1)).sum(1)


def filter_layout(w):
    """tfjs's order of an ONNX filter."""
    return w.permute(2, 3, 1, 0) if w.dim() == 4 else w


class World:
    def __init__(self, recorded):
        self.r = recorded
        study = recorded['study']
        self.n, self.size = study['slices'], study['size']
        self.scan = torch.tensor(study['data'], dtype=D).reshape(self.n, 1, self.size, self.size)
        (i0, i1), (j0, j1) = study['valid'][:2]
        self.frame = torch.zeros(self.size, self.size, dtype=D)
        self.frame[j0:j1, i0:i1] = 1
        k = recorded['classes']
        self.before = torch.tensor(recorded['before'], dtype=D).reshape(self.n, self.size, self.size, k).permute(0, 3, 1, 2)
        self.k = k

    def valid(self, n):
        return self.frame.expand(n, -1, -1).clone()

    def names(self, scope):
        weights = self.r['network']['weights']
        if scope == 'norm-affine':
            return self.r['affine']
        if scope == 'encoder':
            return self.r['encoder']
        return [n for n in weights if 'running' not in n]

    def source(self):
        return Network(self.r['network'])

    def student(self, case):
        net = Network(self.r['network'], {k: array(v) for k, v in case['start'].items()})
        net.alpha = 1.0 if case['options'].get('statistics') == 'batch' else 0.0
        return net


class Answer:
    def __init__(self):
        self.losses, self.parameters, self.measures = [], {}, []

    def add(self, **terms):
        self.losses.append({k.replace('_', ' '): float(v) for k, v in terms.items()})
        self.losses[-1]['total'] = sum(self.losses[-1].values())


def images(step, count, n=None):
    """The recorded batches, split into `count` equal ones."""
    return array(step['input']).chunk(count)


def finish(answer, net, names):
    for name in names:
        answer.parameters[name] = net.w[name].detach()
    return answer


def step_with(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def adam(parameters, case, **more):
    return torch.optim.Adam(parameters, lr=case['options']['learningRate'], eps=1e-8, **more)


def adamw(parameters, case):
    return torch.optim.AdamW(parameters, lr=case['options']['learningRate'], eps=1e-8, weight_decay=0.01)


def ema(teacher, student, names, m):
    for name in names:
        teacher.w[name] = m * teacher.w[name].detach() + (1 - m) * student.w[name].detach()


def put_back(net, source, restored):
    for name, positions in restored.items():
        w = net.w[name]
        with torch.no_grad():
            flat, original = filter_layout(w).reshape(-1).clone(), filter_layout(source.w[name]).reshape(-1)
            flat[positions] = original[positions]
            back = flat.reshape(filter_layout(w).shape)
            w.copy_(back.permute(3, 2, 0, 1) if w.dim() == 4 else back)


# --- one function a method -------------------------------------------------------------------------------------------


def norm(world, case):
    o, source, answer = case['options'], world.source(), Answer()
    share = lambda n: {'volume': o['alpha'], 'count': n / (n + o['prior']), 'root': 1 / (math.sqrt(n) / 5 + 1)}.get(o['rule'], 1.0)
    observer = world.source()
    observer.alpha = share(o['batch'])
    running = {k: [source.w[n].clone() for n in v] for k, v in source.norms.items()}
    seen, count = {k: [] for k in source.norms}, 0
    for t, step in enumerate(case['steps']):
        moments = {}
        observer(array(step['input']), moments=moments)
        count += array(step['input']).shape[0]
        for k, (n, m, v) in moments.items():
            v = v * n / (n - 1) if o['unbiased'] else v
            seen[k].append((n, m, v))
            rate = o['rate'] * 0.94**t + 0.005 if o['rule'] == 'decaying' else o['rate']
            running[k] = [(1 - rate) * running[k][0] + rate * m, (1 - rate) * running[k][1] + rate * v]
        answer.losses.append({})
    for k, names in source.norms.items():
        if o['rule'] in ('moving', 'decaying'):
            result = running[k]
        else:
            n = sum(b[0] for b in seen[k])
            m = sum(b[0] * b[1] for b in seen[k]) / n
            v = sum(b[0] * (b[2] + b[1] ** 2) for b in seen[k]) / n - m**2
            a = share(count)
            result = [(1 - a) * source.w[names[0]] + a * m, (1 - a) * source.w[names[1]] + a * v]
        answer.parameters.update(dict(zip(names, result)))
    return answer


def tent(world, case):
    net, answer = world.student(case), Answer()
    names = world.names('norm-affine')
    optimizer = adam(net.train(names), case)
    for step in case['steps']:
        z = net(array(step['input']))
        w = world.valid(z.shape[0])
        loss = wmean(entropy(z), balanced(z, w) if case['options']['entropy'] == 'balanced' else w)
        answer.add(entropy=loss)
        step_with(optimizer, loss)
    return finish(answer, net, names)


def consensus(maps):
    mean = sum(maps) / len(maps)
    return mean, entropy_of(mean) - sum(map(entropy_of, maps)) / len(maps)


def sharpen(p, t):
    q = p ** (1 / t)
    return q / q.sum(1, keepdim=True)


def agreement(z, target, w, o):
    return dict(divergence=o['divergence'] * wmean(kl(target, z), w), dice=o['dice'] * dice_loss(target, softmax(z), w))


def consistency(world, case):
    net, source, o, answer = world.student(case), world.source(), case['options'], Answer()
    teacher = net.copy()
    names = world.names(o['scope'])
    optimizer = adam(net.train(names), case)
    for step in case['steps']:
        x, views = array(step['input']), step['views']
        plain = world.scan[views['slices']]
        w = world.valid(len(plain))
        with torch.no_grad():
            maps = [undo_symmetry(softmax(teacher(apply_symmetry(plain, v['symmetry']))), v['symmetry']) for v in views['teacher']]
            mean, u = consensus(maps)
            weights = w * (u <= o['disagreement']) * (1 - entropy_of(mean) / math.log(world.k))
            target = sharpen(mean, o['temperature'])
        z = undo_symmetry(net(x), views['student']['symmetry'])
        terms = agreement(z, target, weights, o)
        terms['prior'] = o['prior'] * ratio(softmax(z), w, world.r['source']['proportions'])
        terms['source_anchor'] = o['sourceAnchor'] * wmean(kl(world.before[views['slices']], z), w)
        terms['weight_anchor'] = o['weightAnchor'] * sum(((net.w[n] - source.w[n]) ** 2).sum() for n in names) / 2
        answer.add(**terms)
        step_with(optimizer, sum(terms.values()))
        ema(teacher, net, names, o['teacher'])
    return finish(answer, net, names)


def memo(world, case):
    net, o, answer = world.student(case), case['options'], Answer()
    names = world.names(o['scope'])
    parameters = net.train(names)
    optimizer = torch.optim.SGD(parameters, lr=o['learningRate']) if o['optimizer'] == 'sgd' else adamw(parameters, case)
    for step in case['steps']:
        views = step['views']['views']
        maps = [undo_symmetry(softmax(net(x)), v['symmetry']) for x, v in zip(images(step, len(views)), views)]
        mean = sum(maps) / len(maps)
        loss = wmean(-(mean * torch.log(mean)).sum(1), world.valid(len(mean)))
        answer.add(entropy=loss)
        step_with(optimizer, loss)
    return finish(answer, net, names)


def eata(world, case):
    net, source, o, answer = world.student(case), world.source(), case['options'], Answer()
    names = world.names('norm-affine')
    parameters = net.train(names)
    sgd = o['optimizer'] == 'sgd'
    optimizer = torch.optim.SGD(parameters, lr=o['learningRate'], momentum=0.9) if sgd else adam(parameters, case)
    limit = o['margin'] * math.log(world.k)
    fisher = {k: torch.tensor(v, dtype=D) for k, v in world.r['source']['fisher'].items()}
    seen = None
    for step in case['steps']:
        x = array(step['input'])
        values = {}
        z = net(x, values)
        features = values[world.r['places']['bottleneck']].mean((2, 3)).detach()
        fresh = [seen is None or o['redundancy'] >= 1 or abs(float(F.cosine_similarity(f, seen, 0))) <= o['redundancy'] for f in features]
        if any(fresh):
            mean = features[torch.tensor(fresh)].mean(0)
            seen = mean if seen is None else 0.9 * seen + 0.1 * mean
        answer.measures.append({'new slices': sum(fresh)})
        w = world.valid(len(x)) * torch.tensor(fresh, dtype=D).view(-1, 1, 1)
        if o['region'] == 'foreground':
            w = w * around(z.argmax(1), o['reach'])
        h = entropy(z)
        w = w * (h.detach() < limit)
        loss = wmean(torch.exp(limit - h.detach()) * h, w, 1e-12)
        anchor = o['fisher'] * sum((fisher[n] * (net.w[n] - source.w[n]) ** 2).sum() for n in names)
        answer.add(entropy=loss, anchor=anchor)
        if w.sum() > 0:
            step_with(optimizer, loss + anchor)
    return finish(answer, net, names)


def cotta(world, case):
    net, source, o, answer = world.student(case), world.source(), case['options'], Answer()
    teacher = net.copy()
    names = world.names(o['scope'])
    optimizer = adam(net.train(names), case)
    for step in case['steps']:
        views = step['views']
        x = array(step['input'])
        before = world.before[views['slices']]
        region = around(before.argmax(1), 5)
        sure = float((before.max(1).values * region).sum() / region.sum())
        answer.measures.append({'source confidence': sure, 'views': 2 if sure < o['confidence'] else 1})
        with torch.no_grad():
            said = [undo_symmetry(teacher(apply_symmetry(x, s)), s) for s in views['symmetries']]
            y = sum(said) / len(said)
        z = net(x)
        loss = cross_entropy(softmax(y), z)
        if o['loss'] == 'symmetric':
            loss = (loss - (softmax(z) * F.log_softmax(y, 1)).sum(1)) / 2
        loss = wmean(loss, world.valid(len(x)))
        answer.add(**{'cross-entropy': loss})
        step_with(optimizer, loss)
        ema(teacher, net, names, o['teacher'])
        put_back(net, source, views['restored'])
    return finish(answer, net, names)


def sar(world, case):
    net, o, answer = world.student(case), case['options'], Answer()
    names = [n for n in world.names('norm-affine') if o['layers'] == 'all' or n in world.names('encoder')]
    parameters = net.train(names)
    optimizer = torch.optim.SGD(parameters, lr=o['learningRate'], momentum=0.9)
    limit = o['margin'] * math.log(world.k)
    average = None
    for step in case['steps']:
        x = array(step['input'])
        z = net(x)
        h = entropy(z)
        w = world.valid(len(x)) * around(z.argmax(1), o['reach']) * (h.detach() < limit)
        gradients = torch.autograd.grad(wmean(h, w, 1e-12), parameters)
        length = torch.sqrt(sum((g**2).sum() for g in gradients))
        uphill = [o['radius'] * g / (length + 1e-12) for g in gradients]
        with torch.no_grad():
            for p, e in zip(parameters, uphill):
                p += e
        z = net(x)
        h = entropy(z)
        loss = wmean(h, w * (h.detach() < limit), 1e-12)
        optimizer.zero_grad()
        loss.backward()
        with torch.no_grad():
            for p, e in zip(parameters, uphill):
                p -= e
        optimizer.step()
        answer.add(entropy=loss)
        edge = float(wmean(h, world.valid(len(x)) * border(z.argmax(1), 3), 1e-12))
        average = edge if average is None else 0.9 * average + 0.1 * edge
        answer.measures.append({'border entropy': average})
    return finish(answer, net, names)


def rotta(world, case):
    net, o, answer = world.student(case), case['options'], Answer()
    net.alpha = o['alpha']
    teacher = net.copy()
    names = world.names('norm-affine')
    optimizer = adam(net.train(names), case)

    def running(which, x):
        moments = {}
        z = which(x, moments=moments)
        for k, (_, m, v) in moments.items():
            for name, value in zip(which.norms[k], (m, v)):
                which.w[name] = (1 - o['alpha']) * which.w[name] + o['alpha'] * value
        return z

    for step in case['steps']:
        views = step['views']
        plain, changed = images(step, 2)
        with torch.no_grad():
            for k in views['offered']:
                running(teacher, world.scan[[k]])
            target = softmax(running(teacher, plain))
        z = undo_symmetry(running(net, changed), views['student']['symmetry'])
        w = world.valid(len(z))
        by_slice = (cross_entropy(target, z) * w).sum((1, 2)) / w.sum((1, 2))
        loss = (by_slice * torch.tensor(views['weights'], dtype=D)).mean()
        answer.add(**{'cross-entropy': loss})
        step_with(optimizer, loss)
        ema(teacher, net, names + [n for pair in net.norms.values() for n in pair], o['teacher'])
    return finish(answer, net, names + [n for pair in net.norms.values() for n in pair])


def intent(world, case):
    o, answer = case['options'], Answer()
    net = world.source()
    batches = [list(range(world.n))[b :: math.ceil(world.n / o['batch'])] for b in range(math.ceil(world.n / o['batch']))]
    maps, scores = [], []
    with torch.no_grad():
        for n in range(o['blends']):
            alpha = n / (o['blends'] - 1)
            net.alpha = alpha
            seen = {k: [] for k in net.norms}
            for b in batches:
                moments = {}
                net(world.scan[b], moments=moments)
                for k, v in moments.items():
                    seen[k].append(v)
            fixed = {}
            for k, (mean_name, variance_name) in net.norms.items():
                count = sum(b[0] for b in seen[k])
                m = sum(b[0] * b[1] for b in seen[k]) / count
                v = sum(b[0] * (b[2] + b[1] ** 2) for b in seen[k]) / count - m**2
                fixed[k] = ((1 - alpha) * net.w[mean_name] + alpha * m, (1 - alpha) * net.w[variance_name] + alpha * v)
            net.alpha = 0
            p = softmax(net(world.scan, fixed=fixed))
            h, labels = entropy_of(p) / math.log(world.k), p.argmax(1)
            there = [c for c in range(world.k) if (labels == c).any()]
            scores.append(-float(sum(h[labels == c].mean() for c in there)) / len(there))
            maps.append(p)
            answer.losses.append({})
            answer.measures.append({'alpha': alpha, 'confidence': scores[-1]})
        s = torch.tensor(scores, dtype=D)
        weights = F.softmax((s - s.min()) / (s.max() - s.min()) / o['temperature'], 0)
        answer.settled = sum(w * p for w, p in zip(weights, maps))
    return answer


def grata(world, case):
    net, o, answer = world.student(case), case['options'], Answer()
    names = world.names('norm-affine')
    parameters = net.train(names)
    optimizer = adam(parameters, case)
    for step in case['steps']:
        plain, styled = images(step, 2)
        w = world.valid(len(plain))
        s = softmax(net(plain))[:, 1:]
        auxiliary = wmean(-(s * torch.log(s + 1e-6)).sum(1), w)
        first = torch.autograd.grad(auxiliary, parameters)
        length = torch.sqrt(sum((g**2).sum() for g in first))
        scale = min(1.0, o['radius'] / (float(length) + 1e-12))
        kept = [p.detach().clone() for p in parameters]
        with torch.no_grad():
            for p, g in zip(parameters, first):
                p -= scale * g
            maps = [undo_symmetry(softmax(net(apply_symmetry(plain, v['symmetry']))), v['symmetry']) for v in step['views']['views']]
            target = sum(maps) / len(maps)
        q = softmax(net(styled))[:, 1:]
        bce = F.binary_cross_entropy(q, target[:, 1:], reduction='none').mean(1)
        loss = wmean(bce, w)
        optimizer.zero_grad()
        loss.backward()
        second = [p.grad for p in parameters]
        flat = lambda gs: torch.cat([g.reshape(-1) for g in gs])
        c = float(F.cosine_similarity(flat(first), flat(second), 0))
        with torch.no_grad():
            for p, k in zip(parameters, kept):
                p.copy_(k)
        optimizer.param_groups[0]['lr'] = o['learningRate'] * (c + 1) ** 2 / 4
        optimizer.step()
        answer.add(**{'cross-entropy': loss})
        answer.measures.append({'agreement': c, 'entropy ahead': float(auxiliary)})
    return finish(answer, net, names)


def dltta(world, case):
    net, o, answer = world.student(case), case['options'], Answer()
    names = world.names('norm-affine')
    optimizer = adam(net.train(names), case)
    values = {}
    with torch.no_grad():
        world.source()(world.scan, values)
    f = F.normalize(values[world.r['places']['bottleneck']].mean((2, 3)), dim=1)
    cos = f @ f.T
    for step in case['steps']:
        slices = step['views']['slices']
        remembered = []
        for k in slices:
            near = sorted((n for n in range(world.n) if n != k), key=lambda n: -float(cos[k, n]))[: o['neighbours']]
            a = F.softmax(torch.stack([cos[k, n] for n in near]) / 0.2, 0)
            remembered.append(sum(a[m] * world.before[n] for m, n in enumerate(near)))
        r = sharpen(torch.stack(remembered), o['temperature'])
        z = net(array(step['input']))
        w = world.valid(len(z))
        soft = softmax(z.detach() / o['temperature'])
        d = float(wmean(((r - soft) * (torch.log(r) - torch.log(soft))).sum(1), w))
        loss = wmean(entropy(z), balanced(z, w))
        answer.add(entropy=loss)
        answer.measures.append({'distance': d})
        optimizer.param_groups[0]['lr'] = o['learningRate'] * min(math.exp(d), 10)
        step_with(optimizer, loss)
    return finish(answer, net, names)


def warp(x, maps, padding):
    theta = torch.tensor(maps, dtype=D).reshape(-1, 2, 3)
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, mode='bilinear', padding_mode=padding, align_corners=False)


def inverse(maps):
    bottom = torch.tensor([0, 0, 1], dtype=D)
    return [torch.linalg.inv(torch.cat([torch.tensor(m, dtype=D).reshape(2, 3), bottom[None]]))[:2].reshape(-1).tolist() for m in maps]


def dg_tta(world, case):
    net, o, answer = world.student(case), case['options'], Answer()
    names = world.names(o['scope'])
    optimizer = adamw(net.train(names), case)
    for step in case['steps']:
        plain, twins = array(step['input']), step['views']['twins']
        ones = world.valid(len(plain))[:, None]
        seen = [(warp(warp(ones, t, 'zeros'), inverse(t), 'zeros')[:, 0] > 0.999).to(D) for t in twins]
        w = seen[0] * seen[1]
        a, b = (softmax(warp(net(warp(plain, t, 'border')), inverse(t), 'border')) for t in twins)
        losses = []
        for n in range(len(plain)):
            overlap, size = ((v * w[n]).sum((1, 2)) for v in (4 * a[n] * b[n], (a[n] + b[n]) ** 2))
            there = ((torch.maximum(a[n], b[n]).detach() * w[n]).sum((1, 2))[1:] >= 32).to(D)
            losses.append((there * (1 - overlap / (size + 1e-6))[1:]).sum() / there.sum().clamp(min=1))
        loss = sum(losses) / len(losses)
        answer.add(dice=loss)
        step_with(optimizer, loss)
    return finish(answer, net, names)


def filters(adapter):
    return {k: (array(v).permute(3, 2, 0, 1) if len(v['dims']) == 4 else array(v)).clone().requires_grad_() for k, v in adapter.items()}


def adapted(x, a):
    y = x
    for layer in range(3):
        if f'filter.{layer}' not in a:
            break
        f = a[f'filter.{layer}']
        y = F.conv2d(y, f, a.get(f'offset.{layer}'), padding=f.shape[-1] // 2)
        if f'filter.{layer + 1}' not in a:
            break
        y = torch.exp(-((y / a[f'width.{layer}'].view(1, -1, 1, 1)) ** 2)) if f'width.{layer}' in a else F.relu(F.instance_norm(y))
    return x + y


def adapter_answer(answer, a):
    for k, v in a.items():
        answer.parameters[f'adapter/{k}'] = filter_layout(v.detach())
    return answer


def norm_inputs(world, values):
    return {n['inputs'][1]: values[n['inputs'][0]] for n in world.r['network']['nodes'] if n['opType'] == 'BatchNormalization'}


def pass_(world, case):
    net, o, answer = world.student(case), case['options'], Answer()
    a = filters(case['steps'][0]['views']['adapter'])
    optimizer = adam(list(a.values()), case)
    for step in case['steps']:
        values = {}
        net(adapted(array(step['input']), a), values)
        loss = 0
        for k, x in norm_inputs(world, values).items():
            v, m = torch.var_mean(x, (0, 2, 3), unbiased=False)
            sm, sv = (net.w[n] for n in net.norms[k])
            loss = loss + (m - sm).abs().mean() + o['variance'] * (v - sv).abs().mean()
        answer.add(norm_distance=loss)
        step_with(optimizer, loss)
    return adapter_answer(answer, a)


def smart(world, case):
    net, o, answer = world.student(case), case['options'], Answer()
    teacher = net.copy()
    names = world.names(o['scope'])
    optimizer = adamw(net.train(names), case)
    for step in case['steps']:
        plain, changed = images(step, 2)
        w = world.valid(len(plain))
        with torch.no_grad():
            labels = teacher(plain).argmax(1)
        target = one_hot(labels, world.k)
        weights = w * torch.where(labels > 0, o['foreground'], 1.0)
        z = net(changed)
        terms = {
            'cross-entropy': o['crossEntropy'] * wmean(cross_entropy(target, z), weights),
            'dice': o['dice'] * dice_loss(target, softmax(z), w, linear=True),
        }
        answer.add(**terms)
        step_with(optimizer, sum(terms.values()))
        ema(teacher, net, names, o['teacher'])
    return finish(answer, net, names)


def vptta(world, case):
    net, answer = world.student(case), Answer()
    reach = (case['options']['window'] - 1) // 2
    frequencies = [(v, u) for v in range(reach + 1) for u in range(0 if v == 0 else -reach, reach + 1)]
    gains = torch.ones(len(frequencies), dtype=D, requires_grad=True)
    optimizer = adam([gains], case, betas=(0.9, 0.99))
    for step in case['steps']:
        x = array(step['input'])
        spectrum = torch.fft.fft2(x)
        scale = torch.ones_like(x)
        for f, (v, u) in enumerate(frequencies):
            for sign in {1, -1} if (v, u) != (0, 0) else {1}:
                pick = torch.zeros_like(x)
                pick[:, :, (sign * v) % x.shape[2], (sign * u) % x.shape[3]] = 1
                scale = scale + pick * (gains[f] - 1)
        values = {}
        net(torch.fft.ifft2(spectrum * scale).real, values)
        layers = []
        for k, y in norm_inputs(world, values).items():
            v, m = torch.var_mean(y, (2, 3), unbiased=False)
            sm, sv = (net.w[n] for n in net.norms[k])
            sd = lambda t: torch.sqrt(t + 1e-5)
            layers.append((m - sm).abs().mean() + (sd(v) - sd(sv)).abs().mean())
        loss = sum(layers) / len(layers)
        answer.add(norm_distance=loss)
        step_with(optimizer, loss)
    answer.parameters['prompt'] = gains.detach()
    return answer


def rotation(world, case):
    net, o, answer = world.student(case), case['options'], Answer()
    head = Network(world.r['companions']['rotation'])
    names = world.names('encoder')
    optimizer = torch.optim.SGD(net.train(names) + head.train(list(head.w)), lr=o['learningRate'])
    for step in case['steps']:
        values = {}
        net(array(step['input']), values)
        z = head(values[head.graph['input']]).flatten(1)
        loss = F.cross_entropy(z, torch.tensor(step['views']['turns']))
        answer.add(rotation=loss)
        step_with(optimizer, loss)
        upright = world.scan[step['views']['slices']]
        assert all(torch.allclose(torch.rot90(upright[n], t, (1, 2)), array(step['input'])[n]) for n, t in enumerate(step['views']['turns']))
    return finish(answer, net, names)


def restoration(world, case):
    net, o, answer = world.student(case), case['options'], Answer()
    head = Network(world.r['companions']['restoration'])
    names = world.names('encoder')
    optimizer = adam(net.train(names), case)
    c = o['cell']
    for step in case['steps']:
        plain, masked = images(step, 2)
        hidden = torch.tensor(step['views']['hidden'], dtype=D).reshape(len(plain), world.size, world.size)
        cells = plain.reshape(len(plain), world.size // c, c, world.size // c, c)
        v, m = torch.var_mean(cells, (2, 4), unbiased=False, keepdim=True)
        target = ((cells - m) / torch.sqrt(v + 1e-6)).reshape(plain.shape)
        values = {}
        net(masked, values)
        restored = head(values[head.graph['input']])
        loss = wmean(((restored - target) ** 2)[:, 0], hidden * world.valid(len(plain)))
        answer.add(restoration=loss)
        step_with(optimizer, loss)
        share = float(hidden.mean())
        assert abs(share - o['ratio']) < 0.05 and torch.equal((plain == masked)[:, 0].to(D), 1 - hidden)
    return finish(answer, net, names)


def shape_prior(world, case):
    net, o, answer = world.student(case), case['options'], Answer()
    prior = Network(world.r['companions']['shapePrior'])
    a = filters(case['steps'][0]['views']['adapter'])
    optimizer = adam(list(a.values()), case)
    for t, step in enumerate(case['steps']):
        with torch.no_grad():
            if t % o['refresh'] == 0:
                target = softmax(prior(softmax(net(adapted(world.scan, a)))))
        batches = step['views']['batches']
        loss = sum(dice_loss(target[b], softmax(net(adapted(world.scan[b], a))), world.valid(len(b))) for b in batches) / len(batches)
        answer.add(dice=loss)
        step_with(optimizer, loss)
    return adapter_answer(answer, a)


def smoothness(world, case):
    net, o, answer = world.student(case), case['options'], Answer()
    names = world.names(o['scope'])
    optimizer = adam(net.train(names), case)
    middle = lambda t: t.reshape(-1).sort().values[t.numel() // 2]
    for step in case['steps']:
        x = array(step['input'])
        z = net(x)
        p, w = softmax(z), world.valid(len(x))
        variation = 0
        for axis, spacing in ((2, step['views']['spacingMm'][0]), (3, step['views']['spacingMm'][1])):
            edge = x.diff(dim=axis).abs()
            n = w.shape[axis - 1]
            both = w.narrow(axis - 1, 0, n - 1) * w.narrow(axis - 1, 1, n - 1)
            weight = torch.exp(-edge / (middle(edge) + 1e-6))[:, 0] * both
            change = p[:, 1:].diff(dim=axis).abs().sum(1)
            variation = variation + (weight * change).sum() / ((both.sum() + 1e-6) * spacing)
        jump = x.diff(dim=0)[:, 0]
        sigma = 1.4826 * middle(jump.abs()) + 1e-6
        both = w[1:] * w[:-1]
        alike = torch.exp(-(jump**2) / (2 * sigma**2))
        continuity = (alike * (p.diff(dim=0) ** 2).sum(1) * both).sum() / (both.sum() + 1e-6)
        proportions = torch.tensor(world.r['source']['proportions'], dtype=D)
        m = per_class(p.detach(), w)[1:]
        relative = m / (m.sum() + 1e-6) / proportions
        outside = float(((relative < 0.5) | (relative > 2)).any())
        terms = dict(
            entropy=o['entropy'] * wmean(entropy(z), balanced(z, w)),
            variation=o['variation'] * variation,
            continuity=o['continuity'] * continuity,
            ratio=o['ratio'] * outside * ratio(p, w, world.r['source']['proportions']),
        )
        answer.add(**terms)
        step_with(optimizer, sum(terms.values()))
    return finish(answer, net, names)


def contrastive(world, case):
    net, o, answer = world.student(case), case['options'], Answer()
    teacher = net.copy()
    names = world.names(o['scope'])
    optimizer = adam(net.train(names), case)
    place = world.r['places']['beforeHead']
    prototypes = {}
    pick = lambda values, index: F.normalize(values[place].permute(0, 2, 3, 1).reshape(-1, values[place].shape[1])[index], dim=1)
    for step in case['steps']:
        views = step['views']
        *looks, changed = images(step, o['views'] + 1)
        w = world.valid(len(changed))
        index, label = (torch.tensor(views['anchors'][k], dtype=torch.long) for k in ('index', 'label'))
        with torch.no_grad():
            maps = [undo_symmetry(softmax(teacher(x)), v['symmetry']) for x, v in zip(looks, views['views'])]
            target = sum(maps) / len(maps)
            flat = target.permute(0, 2, 3, 1).reshape(-1, world.k)[index]
            assert torch.equal(flat.argmax(1), label) and bool((torch.special.entr(flat).sum(1) < 0.4 * math.log(world.k)).all())
            values = {}
            teacher(world.scan[views['slices']], values)
            unit = pick(values, index)
            for c in label.unique().tolist():
                mean = unit[label == c].mean(0)
                mean = 0.9 * prototypes[c] + 0.1 * mean if c in prototypes else mean
                prototypes[c] = F.normalize(mean, dim=0)
        values = {}
        z = net(changed, values)
        known = sorted(prototypes)
        terms = agreement(z, target, w, o)
        m = per_class(softmax(z), w) / (w.sum() + 1e-6)
        terms['diversity'] = o['diversity'] * (m * torch.log(m + 1e-12)).sum()
        cosines = pick(values, index) @ torch.stack([prototypes[c] for c in known]).T / o['temperature']
        own = torch.tensor([known.index(c) for c in label.tolist()])
        terms['contrast'] = o['contrast'] * F.cross_entropy(cosines, own)
        answer.add(**terms)
        step_with(optimizer, sum(terms.values()))
        ema(teacher, net, names, o['teacher'])
    return finish(answer, net, names)


def pseudo_labels(world, case):
    net, source, o, answer = world.student(case), world.source(), case['options'], Answer()
    names = world.names(o['scope'])
    optimizer = adam(net.train(names), case)
    for step in case['steps']:
        views = step['views']
        with torch.no_grad():
            soft_all = sum(undo_symmetry(softmax(net(apply_symmetry(world.scan, s))), s) for s in SYMMETRIES) / len(SYMMETRIES)
            top, labels = soft_all.max(1)
            limits = []
            for c in range(world.k):
                won = top[labels == c].sort().values
                limits.append(min(o['threshold'], float(won[min(math.floor(o['quantile'] * len(won)), len(won) - 1)])) if len(won) else 1.0)
        soft = soft_all[views['slices']]
        hard = one_hot(soft.argmax(1), world.k)
        w = world.valid(len(soft))
        # The pixel that is the quantile is on the limit, where single and double precision part: a hair below it.
        kept = w * (soft.max(1).values >= (hard * torch.tensor(limits, dtype=D).view(1, -1, 1, 1)).sum(1) - 1e-7)
        answer.measures.append({'share of pixels kept': float(kept.sum() / w.sum())})
        z = undo_symmetry(net(array(step['input'])), views['view']['symmetry'])
        terms = {
            'cross-entropy': wmean(cross_entropy(hard, z), kept),
            'dice': o['dice'] * dice_loss(soft, softmax(z), kept),
        }
        answer.add(**terms)
        step_with(optimizer, sum(terms.values()))
        put_back(net, source, views['restored'])
    return finish(answer, net, names)


SYMMETRIES = [{'mirror': False, 'turns': 0}, {'mirror': True, 'turns': 0}]


def low_rank(world, case):
    net, o, answer = world.student(case), case['options'], Answer()
    names = [n for n in world.names('encoder') if net.w[n].dim() == 4 and net.w[n].shape[1] >= o['inputs']]
    frozen = {n: net.w[n].clone() for n in names}
    factors = []
    for f, n in zip(case['steps'][0]['views']['factors'], names):
        outputs = frozen[n].shape[0]
        u = torch.tensor(f['down'], dtype=D).reshape(-1, f['rank']).requires_grad_()
        v = torch.tensor(f['up'], dtype=D).reshape(f['rank'], outputs).requires_grad_()
        factors.append((u, v))
    optimizer = adam([t for pair in factors for t in pair], case)

    def merge():
        for n, (u, v) in zip(names, factors):
            out, inputs, kh, kw = frozen[n].shape
            net.w[n] = frozen[n] + (u @ v).reshape(kh, kw, inputs, out).permute(3, 2, 0, 1)

    for step in case['steps']:
        views = step['views']
        *looks, changed = images(step, o['views'] + 1)
        merge()
        with torch.no_grad():
            maps = [undo_symmetry(softmax(net(x)), v['symmetry']) for x, v in zip(looks, views['views'])]
            target = sharpen(sum(maps) / len(maps), o['temperature'])
        z = undo_symmetry(net(changed), views['view']['symmetry'])
        terms = agreement(z, target, world.valid(len(z)), o)
        answer.add(**terms)
        step_with(optimizer, sum(terms.values()))
    merge()
    return finish(answer, net, names)


METHODS = {
    'norm': norm, 'tent': tent, 'consistency': consistency, 'memo': memo, 'eata': eata, 'cotta': cotta, 'sar': sar,
    'rotta': rotta, 'intent': intent, 'grata': grata, 'dltta': dltta, 'dg-tta': dg_tta, 'pass': pass_, 'smart': smart,
    'vptta': vptta, 'rotation': rotation, 'restoration': restoration, 'shape-prior': shape_prior, 'smoothness': smoothness,
    'contrastive': contrastive, 'pseudo-labels': pseudo_labels, 'low-rank': low_rank,
}


def main(path):
    torch.set_num_threads(1)
    recorded = json.load(open(path))
    world, out = World(recorded), {}
    rounded = lambda tensor: [float(f'{x:.8g}') for x in tensor.reshape(-1).tolist()]
    for name, case in recorded['cases'].items():
        answer = METHODS[case['method']](world, case)
        out[name] = {
            'losses': answer.losses,
            'measures': answer.measures,
            'parameters': {k: rounded(v) for k, v in answer.parameters.items()},
        }
        if hasattr(answer, 'settled'):
            out[name]['settled'] = rounded(answer.settled.permute(0, 2, 3, 1))
        compare(name, case, out[name])
    json.dump(out, sys.stdout)


def compare(name, case, mine):
    """For a person who records: how far the recording is from this."""
    loss = max((abs(v - s['losses'][k]) for m, s in zip(mine['losses'], case['steps']) for k, v in m.items()), default=0)
    parts = {k: max(abs(a - b) for a, b in zip(v, case['end'][k]['data'])) for k, v in mine['parameters'].items()}
    moved = max((abs(a - b) for k, v in mine['parameters'].items() if k in case['start'] for a, b in zip(v, case['start'][k]['data'])), default=0)
    measure = max((abs(v - s['measures'][k]) for m, s in zip(mine['measures'], case['steps']) for k, v in m.items()), default=0)
    final = max(map(lambda a, b: abs(a - b), mine['settled'], case['settled'])) if 'settled' in mine else 0
    print(f'{name}: loss {loss:.1e}, measures {measure:.1e}, parameters {max(parts.values(), default=0):.1e} of {moved:.1e} moved, settled {final:.1e}', file=sys.stderr)


if __name__ == '__main__':
    main(sys.argv[1])
