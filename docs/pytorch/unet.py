"""The U-Net of models/unet.ts as a module of PyTorch, whose state dict has the names of tessera's files."""

import torch
from torch import nn


def time_table(steps, size=100):
    """Column 2k is sin(t w), column 2k + 1 is cos(t w), with w = 10000^(-4k / size)."""
    k = torch.arange(0, size, 2, dtype=torch.float64)
    angles = torch.arange(steps, dtype=torch.float64)[:, None] * 10000 ** (-2 * k / size)
    return torch.stack([angles.sin(), angles.cos()], 2).reshape(steps, size).float()


class Block(nn.Module):
    def __init__(self, shape, channels_out, normalize=True):
        super().__init__()
        self.ln = nn.LayerNorm(shape)
        self.conv1 = nn.Conv2d(shape[0], channels_out, 3, 1, 1)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, 1, 1)
        self.activation, self.normalize = nn.SiLU(), normalize

    def forward(self, x):
        x = self.ln(x) if self.normalize else x
        return self.activation(self.conv2(self.activation(self.conv1(x))))


def stage(side, channels, normalize=True):
    pairs = list(zip(channels, channels[1:]))
    return nn.Sequential(*(Block((a, side, side), b, normalize or i < len(pairs) - 1) for i, (a, b) in enumerate(pairs)))


def embedding(channels, size=100):
    return nn.Sequential(nn.Linear(size, channels), nn.SiLU(), nn.Linear(channels, channels))


class UNet(nn.Module):
    def __init__(self, steps=1000):
        super().__init__()
        self.time_embed = nn.Embedding.from_pretrained(time_table(steps), freeze=True)
        self.te1, self.b1 = embedding(1), stage(28, [1, 10, 10, 10])
        self.down1 = nn.Conv2d(10, 10, 4, 2, 1)
        self.te2, self.b2 = embedding(10), stage(14, [10, 20, 20, 20])
        self.down2 = nn.Conv2d(20, 20, 4, 2, 1)
        self.te3, self.b3 = embedding(20), stage(7, [20, 40, 40, 40])
        self.down3 = nn.Sequential(nn.Conv2d(40, 40, 2, 1), nn.SiLU(), nn.Conv2d(40, 40, 4, 2, 1))
        self.te_mid, self.b_mid = embedding(40), stage(3, [40, 20, 20, 40])
        self.up1 = nn.Sequential(nn.ConvTranspose2d(40, 40, 4, 2, 1), nn.SiLU(), nn.ConvTranspose2d(40, 40, 2, 1))
        self.te4, self.b4 = embedding(80), stage(7, [80, 40, 20, 20])
        self.up2 = nn.ConvTranspose2d(20, 20, 4, 2, 1)
        self.te5, self.b5 = embedding(40), stage(14, [40, 20, 10, 10])
        self.up3 = nn.ConvTranspose2d(10, 10, 4, 2, 1)
        self.te_out, self.b_out = embedding(20), stage(28, [20, 10, 10, 10], normalize=False)
        self.conv_out = nn.Conv2d(10, 1, 3, 1, 1)

    def forward(self, x, t):
        embedded = self.time_embed(t)

        def timed(x, te):
            return x + te(embedded)[:, :, None, None]

        out1 = self.b1(timed(x, self.te1))
        out2 = self.b2(timed(self.down1(out1), self.te2))
        out3 = self.b3(timed(self.down2(out2), self.te3))
        middle = self.b_mid(timed(self.down3(out3), self.te_mid))
        out4 = self.b4(timed(torch.cat([out3, self.up1(middle)], 1), self.te4))
        out5 = self.b5(timed(torch.cat([out2, self.up2(out4)], 1), self.te5))
        return self.conv_out(self.b_out(timed(torch.cat([out1, self.up3(out5)], 1), self.te_out)))
