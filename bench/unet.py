"""The reference U-Net's forward, norm-only step and full step in PyTorch, in both memory layouts: medians in ms, as JSON."""
import json
import sys
import time

import torch
from torch import nn

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)


def double(i, o):
    def unit(a, b):
        return [nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(True)]

    return nn.Sequential(*unit(i, o), *unit(o, o))


class UNet(nn.Module):
    def __init__(self, base=16, depth=4, classes=4):
        super().__init__()
        c = [base * 2**n for n in range(depth + 1)]
        self.encoders = nn.ModuleList(double(1 if n == 0 else c[n - 1], c[n]) for n in range(depth + 1))
        self.ups = nn.ModuleList(nn.ConvTranspose2d(c[n + 1], c[n], 2, 2) for n in range(depth))
        self.decoders = nn.ModuleList(double(2 * c[n], c[n]) for n in range(depth))
        self.head, self.pool = nn.Conv2d(base, classes, 1), nn.MaxPool2d(2)

    def forward(self, x):
        skips = []
        for n, encoder in enumerate(self.encoders):
            x = encoder(x if n == 0 else self.pool(x))
            skips.append(x)
        for n in reversed(range(len(self.ups))):
            x = self.decoders[n](torch.cat([skips[n], self.ups[n](x)], 1))
        return self.head(x)


def median(work, repeats=12):
    times = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - started))
    return sorted(times[1:])[repeats // 2]


def measure(layout):
    net = UNet().to(memory_format=layout)
    x = torch.randn(2, 1, 256, 256).to(memory_format=layout)

    def forward():
        with torch.no_grad():
            net.eval()(x).mean().item()

    def step(chosen):
        for p in net.parameters():
            p.requires_grad_(False)
        for p in chosen:
            p.requires_grad_(True)

        def work():
            net.train()
            net.zero_grad()
            net(x).square().mean().backward()

        return work

    norms = [p for m in net.modules() if isinstance(m, nn.BatchNorm2d) for p in m.parameters()]
    return {
        "forward": median(forward),
        "normOnlyStep": median(step(norms)),
        "fullStep": median(step(list(net.parameters()))),
    }


result = {"version": torch.__version__}
for name, layout in (("contiguous", torch.contiguous_format), ("channelsLast", torch.channels_last)):
    result[name] = measure(layout)
print(json.dumps(result))
