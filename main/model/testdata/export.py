"""Makes the files beside it: tiny networks as PyTorch exports them, with PyTorch's own logits and gradients.

    python export.py            (torch, onnx, onnxscript; made with torch 2.15.0, onnx 1.23.2, CPU)

For each network NAME.onnx and NAME.safetensors: `input`, `logits` (first output), and the gradient of
mean(logits ** 2) by each parameter's name, in evaluation mode.
"""

import json
import struct
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional as F

here = Path(__file__).parent


class Block(nn.Module):
    def __init__(self, conv, norm, act, a, b, stride=1):
        super().__init__()
        self.conv1, self.norm1 = conv(a, b, 3, stride=stride, padding=1), norm(b)
        self.conv2, self.norm2 = conv(b, b, 3, padding=1), norm(b)
        self.act = act

    def forward(self, x):
        return self.act(self.norm2(self.conv2(self.act(self.norm1(self.conv1(x))))))


class UNet(nn.Module):
    """Batch norm, ReLU, max pooling, transposed convolution."""

    def __init__(self, base=3):
        super().__init__()
        make = lambda a, b: Block(nn.Conv2d, nn.BatchNorm2d, nn.ReLU(), a, b)
        self.enc0, self.enc1, self.bottom = make(1, base), make(base, 2 * base), make(2 * base, 4 * base)
        self.up1, self.dec1 = nn.ConvTranspose2d(4 * base, 2 * base, 2, 2), make(4 * base, 2 * base)
        self.up0, self.dec0 = nn.ConvTranspose2d(2 * base, base, 2, 2), make(2 * base, base)
        self.head = nn.Conv2d(base, 3, 1)

    def forward(self, x):
        a = self.enc0(x)
        b = self.enc1(F.max_pool2d(a, 2))
        c = self.bottom(F.max_pool2d(b, 2))
        d = self.dec1(torch.cat([b, self.up1(c)], 1))
        return self.head(self.dec0(torch.cat([a, self.up0(d)], 1)))


class NnUNet(nn.Module):
    """As nnU-Net plans it: instance norm, leaky ReLU, strided convolutions, deep supervision."""

    def __init__(self, dims, base=3):
        super().__init__()
        conv, up = (nn.Conv2d, nn.ConvTranspose2d) if dims == 2 else (nn.Conv3d, nn.ConvTranspose3d)
        plain = nn.InstanceNorm2d if dims == 2 else nn.InstanceNorm3d
        norm = lambda c: plain(c, affine=True)
        make = lambda a, b, stride=1: Block(conv, norm, nn.LeakyReLU(0.01), a, b, stride)
        self.stage0, self.stage1, self.stage2 = make(1, base), make(base, 2 * base, 2), make(2 * base, 4 * base, 2)
        self.up1, self.dec1 = up(4 * base, 2 * base, 2, 2), make(4 * base, 2 * base)
        self.up0, self.dec0 = up(2 * base, base, 2, 2), make(2 * base, base)
        self.seg0, self.seg1 = conv(base, 3, 1), conv(2 * base, 3, 1)

    def forward(self, x):
        a = self.stage0(x)
        b = self.stage1(a)
        c = self.stage2(b)
        d = self.dec1(torch.cat([self.up1(c), b], 1))
        e = self.dec0(torch.cat([self.up0(d), a], 1))
        return self.seg0(e), self.seg1(d)


class Varied(nn.Module):
    """What else is common: group norm, GELU, SiLU, squeeze and excitation, resizing to a skip's size, PReLU, residuals,
    depthwise and dilated convolutions, reflected padding, pixel shuffle, strided slices, a sigmoid gate."""

    def __init__(self, c=4):
        super().__init__()
        self.first = nn.Conv2d(1, c, 3, padding=1, padding_mode="reflect")
        self.group = nn.GroupNorm(2, c)
        self.down = nn.Conv2d(c, 2 * c, 3, stride=2, padding=1)
        self.norm = nn.BatchNorm2d(2 * c)
        self.depthwise = nn.Conv2d(2 * c, 2 * c, 3, padding=1, groups=2 * c)
        self.dilated = nn.Conv2d(2 * c, 2 * c, 3, padding=2, dilation=2)
        self.squeeze, self.excite = nn.Linear(2 * c, c), nn.Linear(c, 2 * c)
        self.prelu = nn.PReLU(2 * c)
        self.shuffle = nn.Conv2d(2 * c, 4 * c, 1)
        self.gate = nn.Conv2d(c, 1, 1)
        self.last = nn.LayerNorm(c)
        self.head = nn.Conv2d(4 * c, 2, 1)

    def forward(self, x):
        a = F.gelu(self.group(self.first(x)))
        b = F.silu(self.norm(self.down(a)))
        b = b + self.dilated(self.depthwise(b))
        weights = torch.sigmoid(self.excite(F.relu(self.squeeze(F.adaptive_avg_pool2d(b, 1).flatten(1)))))
        b = self.prelu(b * weights[:, :, None, None])
        up = F.interpolate(b, size=a.shape[2:], mode="bilinear", align_corners=False)
        shuffled = F.pixel_shuffle(self.shuffle(b), 2)
        gated = a * torch.sigmoid(self.gate(a))
        normed = self.last(gated.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        pooled = F.interpolate(F.avg_pool2d(normed, 2), scale_factor=2, mode="nearest")
        return self.head(torch.cat([up, shuffled, pooled[:, :, :, : x.shape[3]]], 1))


def randomised(network):
    """Norms that do something, as after training."""
    for module in network.modules():
        if isinstance(module, (nn.BatchNorm2d, nn.GroupNorm, nn.LayerNorm, nn.InstanceNorm2d, nn.InstanceNorm3d)):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.3)
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return network.eval()


def save_expected(name, network, x):
    network.zero_grad()
    logits = network(x)
    logits = logits[0] if isinstance(logits, tuple) else logits
    (logits**2).mean().backward()
    tensors = {"input": x, "logits": logits.detach()}
    tensors |= {key: parameter.grad for key, parameter in network.named_parameters() if parameter.grad is not None}
    header, data = {}, b""
    for key, tensor in tensors.items():
        raw = tensor.contiguous().numpy().astype("<f4").tobytes()
        header[key] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (here / f"{name}.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)


def export(name, network, x, **options):
    path = here / f"{name}.onnx"
    names = {"input_names": ["image"]}
    spatial = list(range(2, x.dim()))
    if options.get("dynamo"):
        free = {0: torch.export.Dim.DYNAMIC} | {axis: torch.export.Dim.DYNAMIC for axis in spatial}
        options |= {"dynamic_shapes": (free,), "external_data": False}
    else:
        options |= {"dynamic_axes": {"image": {0: "n"} | {axis: f"size{axis}" for axis in spatial}}}
    torch.onnx.export(network, (x,), path, **names, **options)
    model = onnx.load(path)
    for node in model.graph.node:
        # Long stack traces of the exporter.
        del node.metadata_props[:]
        node.doc_string = ""
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output]:
        del value.metadata_props[:]
    onnx.save(model, path)
    onnx.checker.check_model(model)
    save_expected(name, network, x)
    print(f"{name}: {path.stat().st_size} bytes, opset {model.opset_import[0].version}")
    print("   ", len(model.functions), "functions;", " ".join(sorted({node.op_type for node in model.graph.node})))


def main():
    torch.manual_seed(1)
    legacy = {"dynamo": False, "opset_version": 17, "training": torch.onnx.TrainingMode.EVAL, "do_constant_folding": False}
    flat, deep = torch.randn(2, 1, 16, 24), torch.randn(1, 1, 8, 8, 16)
    unet = randomised(UNet())
    export("unet-legacy", unet, flat, **legacy)
    export("unet-folded", unet, flat, dynamo=False, opset_version=17)
    export("unet-dynamo-folded", unet, flat, dynamo=True)
    export("unet-dynamo", unet, flat, dynamo=True, optimize=False)
    for dims, x in ((2, flat), (3, deep)):
        network = randomised(NnUNet(dims))
        export(f"nnunet-{dims}d-legacy", network, x, **legacy)
        export(f"nnunet-{dims}d-dynamo", network, x, dynamo=True)
    varied = randomised(Varied())
    export("varied-legacy", varied, flat, **legacy)
    export("varied-dynamo-folded", varied, flat, dynamo=True)
    export("varied-dynamo", varied, flat, dynamo=True, optimize=False)


main()
