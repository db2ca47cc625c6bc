"""Makes prototype-values.json: what the prototype (PyTorch) computes on small made-up arrays.
python prototype-values.py PATH_OF_THE_PROTOTYPE > prototype-values.json        (needs torch, numpy)
Inputs are made by `noise`, which the test repeats, so only results are stored."""
import json, math, sys, types
import torch, torch.nn.functional as F
sys.path.insert(0, sys.argv[1])
sys.modules.setdefault('net', types.SimpleNamespace(UNet=None))
import ttt
torch.set_default_dtype(torch.float64)

def noise(n, seed):
    """Uniform in [0, 1): a multiplicative generator, exact in doubles."""
    out, s = [], seed
    for _ in range(n):
        s = (s * 16807) % 2147483647
        out.append(s / 2147483647)
    return torch.tensor(out)

S, N = 4, 32
source = dict(mu=torch.tensor([-.4, .5, 1.2]), z0=torch.tensor(-1.1))
z, y, x = torch.meshgrid(torch.arange(S), torch.arange(N), torch.arange(N), indexing='ij')
radius = ((x - 15.5) ** 2 + (y - 15.5) ** 2).sqrt() + z
truth = (radius < 14).long() + (radius < 12).long() + (radius < 8).long()
bias = .3 * (x / 31. - .5) + .2 * (y / 31.) * (z / 3.) - .1 * (y / 31.) ** 2
level = torch.tensor([0., .5, 1.3, 2.4])[truth]
image = level * torch.exp(bias) - 1.3 + .15 * (noise(S * N * N, 7).view(S, N, N) - .5)

class Pointwise(torch.nn.Module):
    """A network that judges each voxel by its intensity alone."""
    def forward(self, v):
        centres = torch.tensor([-1.2, -.4, .5, 1.2]).view(1, 4, 1, 1)
        return -6 * (v - centres) ** 2
model = Pointwise()
def fwd(m, v, bs=16): return m(v[:, None])
ttt.fwd = fwd
ttt.InputNorm.run.__globals__['fwd'] = fwd

p = model(image[:, None]).softmax(1)
out = {}
intensity = image - torch.quantile(image.flatten(), .02)
mu, sd = ttt.class_stats(intensity, p)
q = ttt.em_post(intensity, p, mu, sd)
mu1, sd1 = ttt.class_stats(intensity, q, pw=1.)
out['classStatistics'] = dict(means=mu.tolist(), sds=sd.tolist())
out['refined'] = dict(means=mu1.tolist(), sds=sd1.tolist())
half = ttt.em_post(intensity, p, mu1, sd1, .5)
out['reweighted'] = half[2, :, 16, 10].tolist() + half[1, :, 9, 20].tolist()
field = ttt.fit_bias(intensity, q, mu1)
out['bias'] = field[:, ::8, ::8].flatten().tolist()
out['map'] = ttt.pl_map(torch.linspace(-1, 4, 11), torch.tensor([0., .5, 1.3, 2.4]), torch.tensor([0., .7, 1.6, 2.3])).tolist()

S0 = 1e4 / (1 + torch.arange(N // 2 + 1) ** 2.)
out['spectrum'] = ttt.radial(image)[0].tolist()
out['filtered'] = ttt.specmatch(image, S0)[:, ::8, ::8].flatten().tolist()

# InputNorm takes its quantile over every 7th voxel; here over all, as ours does.
quantile = torch.quantile
torch.quantile = lambda v, q: quantile(image.flatten() if v.numel() == math.ceil(image.numel() / 7) else v, q)
for name, options in dict(light=dict(iters=1, anchor=False), full=dict(iters=3)).items():
    cur, R, B = ttt.InputNorm(source).run(model, image, **options)
    out[name] = dict(corrected=cur[:, ::8, ::8].flatten().tolist(), restored=R[:, ::8, ::8].flatten().tolist(), bias=B[:, ::8, ::8].flatten().tolist())
def rounded(v):
    if isinstance(v, dict): return {k: rounded(w) for k, w in v.items()}
    return [rounded(w) for w in v] if isinstance(v, list) else float(f'{v:.9g}')
json.dump(rounded(out), sys.stdout)
