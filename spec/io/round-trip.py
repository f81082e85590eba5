"""What spec/io/torch.spec.ts asks of PyTorch: python round-trip.py FOLDER, which holds model.pt, prefixed.pt and inputs.pt."""

import os
import sys

import torch
from torch import nn

root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.dont_write_bytecode = True
sys.path += [os.path.join(root, "docs", "pytorch"), os.path.join(root, "scripts", "bench", "peers")]

from pytorch import Net  # noqa: E402
from unet import UNet  # noqa: E402

folder = sys.argv[1]


def path(name):
    return os.path.join(folder, name)


def load(name, **options):
    return torch.load(path(name), weights_only=True, **options)


class Article(nn.Module):
    """Where the article keeps its network."""

    def __init__(self, network):
        super().__init__()
        self.network = network


def save_again(state, net):
    """The state dict in every way that there is to save it."""
    torch.save(state, path("again.pt"))
    for protocol in (2, 3, 4, 5):
        torch.save(net.state_dict(), path(f"protocol-{protocol}.pt"), pickle_protocol=protocol)
    adam = torch.optim.Adam(p for p in net.parameters() if p.requires_grad)
    sum(p.sum() for p in net.parameters()).backward()
    saved = {name: x.clone() for name, x in net.state_dict().items()}
    adam.step()
    others = {"epoch": 3, "loss": 0.03, "optimizer": adam.state_dict(), "rng": torch.get_rng_state(), "note": None}
    for key in ("state_dict", "model_state_dict", "model"):
        torch.save({**others, key: saved}, path(f"under-{key}.pt"))
    torch.save(net.state_dict(), path("legacy.pt"), _use_new_zipfile_serialization=False)
    torch.save(net, path("module.pt"))
    torch.serialization.set_crc32_options(False)
    torch.save(state, path("unchecked.pt"))
    torch.serialization.set_crc32_options(True)


def save_views():
    """Tensors of all types, and views of all kinds; beside them what they are as row-major float32."""
    torch.manual_seed(0)
    base = torch.randn(6, 5, 4)
    types = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.uint8]
    types += [torch.int8, torch.int16]
    views = {f"{kind}".replace("torch.", ""): (base * 100).abs().to(kind) for kind in types}
    views |= {"bool": base > 0, "nan": torch.tensor([float("nan"), float("inf"), -0.0])}
    views |= {"base": base, "permuted": base.permute(2, 0, 1), "sliced": base[1:4, ::2, 1:], "row": base[3, 2]}
    views |= {"element": base[5, 4, 3], "empty": base[:, 2:2], "expanded": torch.ones(3, 1).expand(3, 4)}
    views |= {"strided": base.as_strided((2, 3), (7, 11), 5), "parameter": nn.Parameter(base.mT)}
    torch.save(views, path("views.pt"))
    torch.save({name: x.detach().float().contiguous().clone() for name, x in views.items()}, path("plain.pt"))


def main():
    state, inputs = load("model.pt"), load("inputs.pt")
    net = UNet()
    print(net.load_state_dict(state, strict=True))
    print(Article(UNet()).load_state_dict(load("prefixed.pt"), strict=True))
    mapped = load("model.pt", mmap=True)
    assert list(mapped) == list(state) and all(torch.equal(mapped[name], state[name]) for name in state)
    with torch.no_grad():
        x, t = inputs["x"], inputs["t"].long()
        torch.save({"module": net(x, t), "function": Net(state)(x, t)}, path("predictions.pt"))
    save_again(state, net)
    save_views()


main()
