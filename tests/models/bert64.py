"""BERT in float64, written from the formulas, and the error that float32 may make in it.

Another float32 implementation may sum in another order and so round differently at every operator. By how much the
answers may differ is derived: each operator's rounding error is added at each element in float64, with random sign
and size, and the network carries it on; the bound is the output's largest deviation over several such trials.

A sum of K terms p_k makes K additions, each off by at most u = 2^-24 of its partial sum, independently and of either
sign (Higham and Mary 2019). Over orders that do not conspire with the signs the squares of the partial sums add up to
K/2 sum(p^2) + K/3 (sum p)^2 on average, so the error's standard deviation is at most u times the root of that; four
of them are allowed. The worst case, K u sum|p|, would be some hundred times as much and catch nothing.
"""
import math

import octavo
import torch

U = 2.0**-24
DEVIATIONS = 4


def sum_error(terms, squares, value):
    """What a sum may be off by: sum of `terms` terms with sum of squares `squares` and result `value`."""
    return DEVIATIONS * U * torch.sqrt(terms / 2 * squares + terms / 3 * value**2)


def relative_error(terms):
    """The same for terms of one sign, whose partial sums are at most the result."""
    return DEVIATIONS * U * math.sqrt(terms)


class Bert64:
    def __init__(self, heads=12, layers=6):
        self.heads, self.layers = heads, layers
        weights = octavo.load(octavo.MODEL / "model.safetensors")
        self.w = {k: torch.from_numpy(v).double() for k, v in weights.items() if v.dtype.kind == "f"}
        self.noise = None  # a generator while a trial runs

    def rounded(self, value, magnitude):
        """value, off by at most `magnitude` where a trial runs."""
        if self.noise is None:
            return value
        return value + magnitude * (2 * torch.rand(value.shape, generator=self.noise, dtype=torch.float64) - 1)

    def linear(self, x, name):
        w, b = self.w[name + ".weight"], self.w[name + ".bias"]
        y = x @ w.T + b
        return self.rounded(y, sum_error(x.shape[-1] + 1, x**2 @ (w**2).T + b**2, y))

    def matmul(self, a, b):
        y = a @ b
        return self.rounded(y, sum_error(a.shape[-1], a**2 @ b**2, y))

    def layer_norm(self, x, name):
        g, b = self.w[name + ".weight"], self.w[name + ".bias"]
        n = x.shape[-1]
        mean, deviation = x.mean(-1, keepdim=True), torch.sqrt(x.var(-1, unbiased=False, keepdim=True) + 1e-12)
        y = (x - mean) / deviation
        mean_error = sum_error(n, (x**2).sum(-1, keepdim=True), x.sum(-1, keepdim=True)) / n
        error = (mean_error + U * x.abs()) / deviation + relative_error(n + 4) / 2 * y.abs()  # halved by the root
        return self.rounded(y * g + b, error * g.abs() + 2 * U * ((y * g).abs() + b.abs()))

    def forward(self, ids, mask):
        w = self.w
        batch, tokens = ids.shape
        mask = (1.0 - mask[:, None, None, :].double()) * -1e30
        terms = [w["embeddings.word_embeddings.weight"][ids], w["embeddings.token_type_embeddings.weight"][0],
                 w["embeddings.position_embeddings.weight"][:tokens]]
        x = self.rounded(sum(terms), 2 * U * sum(t.abs() for t in terms))
        x = self.layer_norm(x, "embeddings.LayerNorm")
        split = lambda t: t.view(batch, tokens, self.heads, -1).transpose(1, 2)
        for i in range(self.layers):
            at = f"encoder.layer.{i}."
            q, k, v = (split(self.linear(x, f"{at}attention.self.{n}")) for n in ("query", "key", "value"))
            scores = self.matmul(q, k.transpose(-1, -2)) / math.sqrt(q.shape[-1])
            scores = self.rounded(scores, 2 * U * scores.abs())
            p = torch.softmax(scores + mask, -1)
            # exp of a difference of scores, which is off by U |s|; exp itself and the quotient by a few units.
            p = self.rounded(p, p * (2 * U * scores.abs() + relative_error(tokens) + 6 * U))
            context = self.matmul(p, v).transpose(1, 2).reshape(x.shape)
            x = self.layer_norm(self.residual(self.linear(context, at + "attention.output.dense"), x),
                                at + "attention.output.LayerNorm")
            h = self.linear(x, at + "intermediate.dense")
            # gelu(h) = h (1 + erf(h/sqrt 2))/2; erf good to 4 units of its range, products to one each.
            h = self.rounded(torch.nn.functional.gelu(h), 6 * U * h.abs())
            x = self.layer_norm(self.residual(self.linear(h, at + "output.dense"), x), at + "output.LayerNorm")
        return x

    def residual(self, a, b):
        return self.rounded(a + b, U * (a + b).abs())

    def answer_and_bound(self, ids, mask, trials=5):
        ids, mask = torch.from_numpy(ids), torch.from_numpy(mask)
        exact = self.forward(ids, mask)
        bound = 0.0
        for seed in range(trials):
            self.noise = torch.Generator().manual_seed(seed)
            bound = max(bound, (self.forward(ids, mask) - exact).abs().max().item())
        self.noise = None
        return exact.numpy(), bound
