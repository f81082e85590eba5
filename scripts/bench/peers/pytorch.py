"""One of the processes of `npm run bench`: PyTorch, on as many threads as it takes by itself."""

import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

MARK = "@bench "
# as in worker.ts
MOST, SLOW = 64, 10
CHECKED_STEPS = 3


def tensors_in(numbers, places):
    def tensor(place):
        size = int(np.prod(place["shape"]))
        return torch.from_numpy(numbers[place["at"] : place["at"] + size].reshape(place["shape"]).copy())

    return {name: tensor(place) for name, place in places.items()}


# ---- the U-Net of models/unet.ts ---------------------------------------------------------------------------------


class Net:
    """The network as a function of its parameters, which have the names of the model file."""

    def __init__(self, params):
        self.p = params

    def conv(self, name, x, stride, padding):
        return F.conv2d(x, self.p[name + ".weight"], self.p[name + ".bias"], stride, padding)

    def transposed(self, name, x, stride, padding):
        return F.conv_transpose2d(x, self.p[name + ".weight"], self.p[name + ".bias"], stride, padding)

    def linear(self, name, x):
        return F.linear(x, self.p[name + ".weight"], self.p[name + ".bias"])

    def timed(self, name, x, embedded):
        hidden = F.silu(self.linear(name + ".0", embedded))
        return x + self.linear(name + ".2", hidden)[:, :, None, None]

    def block(self, name, x, normalize):
        if normalize:
            weight = self.p[name + ".ln.weight"]
            x = F.layer_norm(x, weight.shape, weight, self.p[name + ".ln.bias"])
        x = F.silu(self.conv(name + ".conv1", x, 1, 1))
        return F.silu(self.conv(name + ".conv2", x, 1, 1))

    def stage(self, name, x, normalize=True):
        x = self.block(name + ".0", x, True)
        x = self.block(name + ".1", x, True)
        return self.block(name + ".2", x, normalize)

    def down3(self, x):
        return self.conv("down3.2", F.silu(self.conv("down3.0", x, 1, 0)), 2, 1)

    def up1(self, x):
        return self.transposed("up1.2", F.silu(self.transposed("up1.0", x, 2, 1)), 1, 0)

    def __call__(self, x, ts):
        e = self.p["time_embed.weight"][ts]
        out1 = self.stage("b1", self.timed("te1", x, e))
        out2 = self.stage("b2", self.timed("te2", self.conv("down1", out1, 2, 1), e))
        out3 = self.stage("b3", self.timed("te3", self.conv("down2", out2, 2, 1), e))
        middle = self.stage("b_mid", self.timed("te_mid", self.down3(out3), e))
        out4 = self.stage("b4", self.timed("te4", torch.cat([out3, self.up1(middle)], 1), e))
        up = self.transposed("up2", out4, 2, 1)
        out5 = self.stage("b5", self.timed("te5", torch.cat([out2, up], 1), e))
        up = self.transposed("up3", out5, 2, 1)
        out = self.stage("b_out", self.timed("te_out", torch.cat([out1, up], 1), e), normalize=False)
        return self.conv("conv_out", out, 1, 1)


# ---- the kinds of work -------------------------------------------------------------------------------------------


def weight_gradient(t):
    channels = t["x"].shape[1]
    shape = [channels, channels, 3, 3]
    return lambda: torch.nn.grad.conv2d_weight(t["x"], shape, t["dy"], padding=1)


OPERATIONS = {
    "conv": lambda t: lambda: F.conv2d(t["x"], t["w"], padding=1),
    "conv-dw": weight_gradient,
    "matmul": lambda t: lambda: t["a"] @ t["b"],
    "layernorm": lambda t: lambda: F.layer_norm(t["x"], t["weight"].shape, t["weight"], t["bias"]),
    "silu": lambda t: lambda: F.silu(t["x"]),
}


class Operation:
    def __init__(self, function):
        self.function = function

    def result(self):
        with torch.no_grad():
            return self.function()

    def run(self, runs):
        with torch.no_grad():
            for _ in range(runs):
                self.function()


class Training:
    def __init__(self, inputs, params, moments):
        self.moments = [params[name] for name in moments]
        self.inputs, self.ts = inputs, inputs["ts"].long()
        trained = [x.requires_grad_() for name, x in params.items() if name != "time_embed.weight"]
        self.net = Net(params)
        self.adam = torch.optim.Adam(trained, lr=1e-3, betas=(0.9, 0.999), eps=1e-8)

    def step(self):
        x0, eta = self.inputs["x0"], self.inputs["eta"]
        signal, noise = (self.inputs[name][self.ts][:, None, None, None] for name in ("signal", "noise"))
        loss = F.mse_loss(self.net(signal * x0 + noise * eta, self.ts), eta)
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()
        return loss.detach()

    def result(self):
        losses = torch.stack([self.step() for _ in range(CHECKED_STEPS)])
        return torch.cat([losses] + [self.adam.state[x]["exp_avg"].flatten() for x in self.moments])

    def run(self, runs):
        for _ in range(runs):
            self.step()


def work_of(task, numbers):
    inputs, params = tensors_in(numbers, task["tensors"]), tensors_in(numbers, task["params"])
    if task["kind"] == "train-step":
        return Training(inputs, params, task["moments"])
    if task["kind"] == "forward":
        return Operation(lambda: Net(params)(inputs["x"], inputs["ts"].long()))
    return Operation(OPERATIONS[task["kind"]](inputs))


# ---- the requests ------------------------------------------------------------------------------------------------


def seconds_of(function):
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


class Server:
    def __init__(self):
        self.work, self.runs = None, 1

    def prepare(self, task):
        self.work = work_of(task, np.fromfile(task["file"], dtype=np.float32))
        write = lambda: self.work.result().numpy().astype(np.float32).tofile(task["result"])
        first = seconds_of(write)
        once = SLOW if first > SLOW else seconds_of(lambda: self.work.run(1))
        self.runs = min(MOST, max(1, round(task["goal"] / once)))
        return {}

    def answer(self, request):
        if request["do"] == "prepare":
            return self.prepare(request["task"])
        if request["do"] == "run":
            return {"seconds": seconds_of(lambda: self.work.run(self.runs)) / self.runs}
        self.work = None
        return {}


def say(answer):
    print(MARK + json.dumps(answer), flush=True)


def main():
    server = Server()
    say({"facts": {"version": torch.__version__, "threads": str(torch.get_num_threads())}})
    for line in sys.stdin:
        try:
            say(server.answer(json.loads(line)))
        except Exception as fault:
            say({"error": f"{type(fault).__name__}: {fault}".splitlines()[0]})


if __name__ == "__main__":
    main()
