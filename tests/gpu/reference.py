"""Speed of GLM-5.2's layers in PyTorch, to stand beside ours: python3 reference.py OUT.json full|tiny

The shapes are those that the other parts measure on. Two implementations decode with bfloat16 weights and caches: a plain one written
here, and the class of transformers where its version has the architecture. The faster one is what we compare with.
"""

import json
import pathlib
import statistics
import sys
import time

import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCALES = {
    # description, rows, tokens of context, steps, extents of a product, bytes of a copy
    "full": ("benchmarks/slice.json", (1, 8), 4032, 64, 8192, 4 << 30),
    "tiny": ("tests/gpu/tiny.json", (1, 2), 40, 2, 128, 1 << 20),
}
WARM = 5
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
DTYPE = torch.bfloat16


def wait():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def seconds(run, times):
    """Median time of a call, after some that are not counted."""
    taken = []
    for i in range(WARM + times):
        wait()
        start = time.perf_counter()
        run()
        wait()
        if i >= WARM:
            taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def copy(size):
    source = torch.randint(0, 255, (size,), dtype=torch.uint8, device=DEVICE)
    target = torch.empty_like(source)
    s = seconds(lambda: target.copy_(source), 10)
    return {"bytes": 2 * size, "seconds": s, "bytesPerSecond": 2 * size / s}


def product(size):
    a = torch.randn(size, size, device=DEVICE, dtype=DTYPE)
    b = torch.randn(size, size, device=DEVICE, dtype=DTYPE)
    s = seconds(lambda: torch.matmul(a, b), 20)
    return {"kernel": "torch.matmul", "size": size, "flops": 2 * size**3, "seconds": s, "flopsPerSecond": 2 * size**3 / s}


def rms(x, eps=1e-5):
    return torch.nn.functional.rms_norm(x, x.shape[-1:], eps=eps)


def rotated(x, cos, sin):
    """Neighbours are pairs: x is [..., rope]."""
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2)


class Gated:
    def __init__(self, hidden, inner):
        self.gate = weight(inner, hidden)
        self.up = weight(inner, hidden)
        self.down = weight(hidden, inner)

    def __call__(self, x):
        return (torch.nn.functional.silu(x @ self.gate.T) * (x @ self.up.T)) @ self.down.T


class Experts:
    def __init__(self, c):
        self.k = c["num_experts_per_tok"]
        self.factor = c["routed_scaling_factor"]
        self.router = weight(c["n_routed_experts"], c["hidden_size"]).float()
        self.experts = [Gated(c["hidden_size"], c["moe_intermediate_size"]) for _ in range(c["n_routed_experts"])]
        self.shared = Gated(c["hidden_size"], c["n_shared_experts"] * c["moe_intermediate_size"])

    def __call__(self, x):
        scores = torch.sigmoid(x.float() @ self.router.T)
        chosen = scores.topk(self.k, dim=-1).indices
        shares = scores.gather(1, chosen)
        shares = (shares / shares.sum(-1, keepdim=True) * self.factor).to(DTYPE)
        out = self.shared(x)
        for e in chosen.unique().tolist():
            row, place = (chosen == e).nonzero(as_tuple=True)
            out.index_add_(0, row, self.experts[e](x[row]) * shares[row, place, None])
        return out


class Layer:
    def __init__(self, c, number, rows, tokens):
        hidden = c["hidden_size"]
        self.heads, self.nope, self.rope = c["num_attention_heads"], c["qk_nope_head_dim"], c["qk_rope_head_dim"]
        self.latent, self.value = c["kv_lora_rank"], c["v_head_dim"]
        self.query_down = weight(c["q_lora_rank"], hidden)
        self.query_up = weight(self.heads * (self.nope + self.rope), c["q_lora_rank"])
        self.kv_down = weight(self.latent + self.rope, hidden)
        self.key_up = weight(self.heads * self.nope, self.latent).view(self.heads, self.nope, self.latent)
        self.value_up = weight(self.heads * self.value, self.latent).view(self.heads, self.value, self.latent)
        self.out = weight(hidden, self.heads * self.value)
        self.cache = torch.randn(rows, tokens, self.latent + self.rope, device=DEVICE, dtype=DTYPE)
        self.scale = (self.nope + self.rope) ** -0.5
        self.top = c["index_topk"]
        self.indexed = c["indexer_types"][number] == "full"
        if self.indexed:
            self.index_heads, self.index_width = c["index_n_heads"], c["index_head_dim"]
            self.index_query = weight(self.index_heads * self.index_width, c["q_lora_rank"])
            self.index_key = weight(self.index_width, hidden)
            self.index_weights = weight(self.index_heads, hidden)
            self.keys = torch.randn(rows, tokens, self.index_width, device=DEVICE, dtype=DTYPE)
        dense = number < c["first_k_dense_replace"]
        self.mlp = Gated(hidden, c["intermediate_size"]) if dense else Experts(c)

    def select(self, h, compressed, position, cos, sin):
        rows = len(h)
        q = (compressed @ self.index_query.T).view(rows, self.index_heads, self.index_width)
        q = torch.cat((rotated(q[..., : self.rope], cos, sin), q[..., self.rope :]), -1)
        k = torch.nn.functional.layer_norm(h @ self.index_key.T, (self.index_width,), eps=1e-6)
        self.keys[:, position] = torch.cat((rotated(k[..., : self.rope], cos, sin), k[..., self.rope :]), -1)
        if position < self.top:
            return None
        dots = torch.einsum("bhd,btd->bht", q, self.keys[:, : position + 1]) * self.index_width**-0.5
        scores = torch.einsum("bht,bh->bt", dots.relu(), (h @ self.index_weights.T) * self.index_heads**-0.5)
        return scores.topk(self.top, dim=-1).indices

    def __call__(self, x, selection, position, cos, sin):
        rows = len(x)
        h = rms(x)
        compressed = rms(h @ self.query_down.T)
        q = (compressed @ self.query_up.T).view(rows, self.heads, self.nope + self.rope)
        kv = h @ self.kv_down.T
        self.cache[:, position] = torch.cat((rms(kv[:, : self.latent]), rotated(kv[:, self.latent :], cos, sin)), -1)
        if self.indexed:
            selection = self.select(h, compressed, position, cos, sin)
        seen = self.cache[:, : position + 1]
        if selection is not None:
            seen = seen.gather(1, selection[..., None].expand(-1, -1, seen.shape[-1]))
        absorbed = torch.einsum("bhn,hnl->bhl", q[..., : self.nope], self.key_up)
        q = torch.cat((absorbed, rotated(q[..., self.nope :], cos, sin)), -1)
        p = (torch.einsum("bhw,bsw->bhs", q, seen) * self.scale).softmax(-1, dtype=torch.float32).to(DTYPE)
        attended = torch.einsum("bhs,bsl->bhl", p, seen[..., : self.latent])
        values = torch.einsum("bhl,hvl->bhv", attended, self.value_up)
        x = x + values.flatten(1) @ self.out.T
        return x + self.mlp(rms(x)), selection


def weight(rows, columns):
    return torch.randn(rows, columns, device=DEVICE, dtype=DTYPE) * columns**-0.5


class Plain:
    """The model of a description, for steps of one token a row."""

    def __init__(self, c, rows, tokens):
        self.embedding = torch.randn(c["vocab_size"], c["hidden_size"], device=DEVICE, dtype=DTYPE)
        self.head = weight(c["vocab_size"], c["hidden_size"])
        self.layers = [Layer(c, i, rows, tokens) for i in range(c["num_hidden_layers"])]
        rope = c["qk_rope_head_dim"]
        inverse = c["rope_parameters"]["rope_theta"] ** (-torch.arange(0, rope, 2, device=DEVICE) / rope)
        self.angles = torch.arange(tokens, device=DEVICE)[:, None] * inverse

    def __call__(self, tokens, position):
        cos, sin = self.angles[position].cos().to(DTYPE), self.angles[position].sin().to(DTYPE)
        x = self.embedding[tokens]
        selection = None
        for layer in self.layers:
            x, selection = layer(x, selection, position, cos, sin)
        return (rms(x) @ self.head.T).argmax(-1)


def decoded(rows, steps, step):
    """Runs steps, each from the tokens that the one before gives, which the host looks at."""
    tokens = torch.randint(0, 256, (rows,), device=DEVICE)
    taken = []
    for i in range(WARM + steps):
        wait()
        start = time.perf_counter()
        tokens = step(tokens, i)
        tokens.tolist()
        if i >= WARM:
            taken.append(time.perf_counter() - start)
    s = statistics.median(taken)
    return {"seconds": s, "tokensPerSecond": rows / s}


def plain(c, rows, context, steps):
    model = Plain(c, rows, context + WARM + steps)
    return decoded(rows, steps, lambda tokens, i: model(tokens, context + i))


def transformers(c, rows, context, steps):
    import transformers as t

    config = t.AutoConfig.for_model(**c)
    with torch.device(DEVICE):
        model = t.AutoModelForCausalLM.from_config(config, dtype=DTYPE).eval()
    cache = None
    # a prompt in pieces, as its scores are held for all heads at once
    for piece in torch.randint(0, 256, (rows, context), device=DEVICE).split(256, dim=1):
        cache = model(input_ids=piece, past_key_values=cache, use_cache=True, logits_to_keep=1).past_key_values

    def step(tokens, i):
        out = model(input_ids=tokens[:, None], past_key_values=cache, use_cache=True, logits_to_keep=1)
        return out.logits[:, -1].argmax(-1)

    return decoded(rows, steps, step) | {"version": t.__version__, "class": type(model).__name__}


def attempt(implementation, *arguments):
    try:
        return implementation(*arguments)
    except Exception as e:  # whatever it is that a version cannot do
        return {"error": f"{type(e).__name__}: {e}"[:500]}
    finally:
        if DEVICE == "cuda":
            torch.cuda.empty_cache()


@torch.inference_mode()
def main(out, scale):
    description, numbers, context, steps, size, copied = SCALES[scale]
    c = json.loads((ROOT / description).read_text())["config"]
    name = torch.cuda.get_device_name() if DEVICE == "cuda" else "the processor"
    report = {"device": name, "scale": scale, "torch": torch.__version__, "copy": copy(copied), "product": product(size), "decode": []}
    for rows in numbers:
        entry = {"rows": rows, "context": context}
        for implementation in (plain, transformers):
            entry[implementation.__name__] = attempt(implementation, c, rows, context, steps)
        speeds = {n: r["tokensPerSecond"] for n, r in entry.items() if isinstance(r, dict) and "tokensPerSecond" in r}
        if speeds:
            entry["faster"] = max(speeds, key=speeds.get)
            entry["tokensPerSecond"] = max(speeds.values())
        report["decode"].append(entry)
        pathlib.Path(out).write_text(json.dumps(report, indent=1))
    print(json.dumps(report, indent=1))
    return 0 if all("tokensPerSecond" in e for e in report["decode"]) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
