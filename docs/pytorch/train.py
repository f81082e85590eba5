"""The article's training, on as many processes as torchrun starts."""

import argparse
import gzip
import os

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler

from unet import UNet


def images_in(folder, limit):
    with gzip.open(os.path.join(folder, "train-images-idx3-ubyte.gz")) as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    return (torch.tensor(pixels[:limit]) / 255 - 0.5) * 2


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True, help="a folder with MNIST's four files")
    parser.add_argument("--out", required=True)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--limit", type=int)
    given = parser.parse_args()

    on_gpu = torch.cuda.is_available()
    dist.init_process_group("nccl" if on_gpu else "gloo")
    place = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if on_gpu else torch.device("cpu")
    torch.manual_seed(dist.get_rank())

    alpha_bar = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000, device=place), 0)[:, None, None, None]
    # the last block skips its norm, whose parameters it has all the same
    net = DistributedDataParallel(UNet().to(place), find_unused_parameters=True)
    adam = torch.optim.Adam((p for p in net.parameters() if p.requires_grad), lr=1e-3)
    images = TensorDataset(images_in(given.data, given.limit))
    sampler = DistributedSampler(images)
    batches = DataLoader(images, given.batch // dist.get_world_size(), sampler=sampler)

    for epoch in range(given.epochs):
        sampler.set_epoch(epoch)
        for (x0,) in batches:
            x0 = x0.to(place)
            t = torch.randint(0, 1000, (len(x0),), device=place)
            eta = torch.randn_like(x0)
            xt = alpha_bar[t].sqrt() * x0 + (1 - alpha_bar[t]).sqrt() * eta
            loss = F.mse_loss(net(xt, t), eta)
            adam.zero_grad()
            loss.backward()
            adam.step()
        if dist.get_rank() == 0:
            print(f"epoch {epoch + 1}: the last loss is {loss.item():.4f}", flush=True)

    if dist.get_rank() == 0:
        # net.module: without DistributedDataParallel's own "module." before each name
        torch.save(net.module.state_dict(), given.out)
    dist.destroy_process_group()


main()
