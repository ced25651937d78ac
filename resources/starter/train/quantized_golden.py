#!/usr/bin/env python3
"""Greedy texts of the shipped 8-bit weights, for Etna's tests: the model in plain Python, every sum in double precision,
no library but Python's own (about a second a token).
usage: quantized_golden.py MODEL_DIR OUT.json      MODEL_DIR holds config.json, tokenizer.json and the MLX-quantized weights"""
import json
import math
import struct
import sys
from array import array
from operator import mul

import bpe

FOLDER, OUT = sys.argv[1:3]
STEPS = 40
USER = "<|user|>\n{}<|end|>\n"
PROMPTS = {
    "greeting": "<|bos|>" + USER.format("Hello! Who are you?") + "<|assistant|>\n",
    "story": "<|bos|>" + USER.format("Tell me a story about a fox named Max.") + "<|assistant|>\n",
    "memory": "<|bos|>" + USER.format("My name is Anna.") + "<|assistant|>\nNice to meet you, Anna!<|end|>\n"
              + USER.format("What is my name?") + "<|assistant|>\n",
    "plain": "<|bos|>Once upon a time, there was a little",
}


def floats(data):
    return array("f", array("I", [bits << 16 for bits in array("H", data)]).tobytes())


def load(folder):
    """{name: vector or list of rows}, weights = code * scale + bias."""
    data = open(folder + "/model.safetensors", "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    raw = {name: (t["shape"], data[8 + size + t["data_offsets"][0]:8 + size + t["data_offsets"][1]])
           for name, t in json.loads(data[8:8 + size]).items() if name != "__metadata__"}
    group, result = json.load(open(folder + "/config.json"))["quantization"]["group_size"], {}
    for name, (shape, values) in raw.items():
        module = name.removesuffix(".weight")
        if module + ".scales" not in raw:
            if not name.endswith((".scales", ".biases")):
                result[name] = floats(values)
            continue
        scales, biases = floats(raw[module + ".scales"][1]), floats(raw[module + ".biases"][1])
        columns = shape[1] * 4
        result[name] = [array("d", [code * scales[(row * columns + k) // group] + biases[(row * columns + k) // group]
                                    for k, code in enumerate(values[row * columns:(row + 1) * columns])])
                        for row in range(shape[0])]
    return result


class Model:
    def __init__(self, folder):
        self.config, self.weights = json.load(open(folder + "/config.json")), load(folder)

    def linear(self, name, x):
        return [sum(map(mul, row, x)) for row in self.weights[name]]

    def norm(self, name, x):
        scale = 1 / math.sqrt(sum(map(mul, x, x)) / len(x) + self.config["rms_norm_eps"])
        return [a * scale * g for a, g in zip(x, self.weights[name])]

    def rope(self, x, position):
        size = self.config["head_dim"]
        half, out = size // 2, list(x)
        for start in range(0, len(x), size):
            for i in range(half):
                angle = position / self.config["rope_theta"] ** (2 * i / size)
                a, b = x[start + i], x[start + half + i]
                out[start + i] = a * math.cos(angle) - b * math.sin(angle)
                out[start + half + i] = b * math.cos(angle) + a * math.sin(angle)
        return out

    def attention(self, layer, x, cache, position):
        prefix, size = f"model.layers.{layer}.self_attn.", self.config["head_dim"]
        heads, shared = self.config["num_attention_heads"], self.config["num_key_value_heads"]
        q = self.rope(self.linear(prefix + "q_proj.weight", x), position)
        cache[0].append(self.rope(self.linear(prefix + "k_proj.weight", x), position))
        cache[1].append(self.linear(prefix + "v_proj.weight", x))
        out = []
        for head in range(heads):
            mine, theirs = head * size, head // (heads // shared) * size
            scores = [sum(map(mul, q[mine:mine + size], k[theirs:theirs + size])) / math.sqrt(size) for k in cache[0]]
            top = max(scores)
            weights = [math.exp(s - top) for s in scores]
            total = sum(weights)
            out += [sum(w * v[theirs + i] for w, v in zip(weights, cache[1])) / total for i in range(size)]
        return self.linear(prefix + "o_proj.weight", out)

    def step(self, token, caches, position):
        x = list(self.weights["model.embed_tokens.weight"][token])
        for layer, cache in enumerate(caches):
            prefix = f"model.layers.{layer}."
            x = [a + b for a, b in zip(x, self.attention(layer, self.norm(prefix + "input_layernorm.weight", x), cache, position))]
            h = self.norm(prefix + "post_attention_layernorm.weight", x)
            gate, up = self.linear(prefix + "mlp.gate_proj.weight", h), self.linear(prefix + "mlp.up_proj.weight", h)
            inner = [g / (1 + math.exp(-g)) * u for g, u in zip(gate, up)]
            x = [a + b for a, b in zip(x, self.linear(prefix + "mlp.down_proj.weight", inner))]
        return self.norm("model.norm.weight", x)

    def greedy(self, ids, steps):
        """(ids, for each the distance between its logit and the second best)"""
        caches = [([], []) for _ in range(self.config["num_hidden_layers"])]
        for position, token in enumerate(ids):
            x = self.step(token, caches, position)
        out, gaps = [], []
        while True:
            logits = self.linear("model.embed_tokens.weight", x)
            second, best = sorted(logits)[-2:]
            gaps.append(best - second)
            out.append(logits.index(best))
            if out[-1] == self.config["eos_token_id"] or len(out) == steps:
                return out, gaps
            x = self.step(out[-1], caches, len(ids) + len(out) - 1)


if __name__ == "__main__":
    model = Model(FOLDER)
    encoder = bpe.Encoder(json.load(open(FOLDER + "/tokenizer.json", encoding="utf-8")))
    results = []
    for name, text in PROMPTS.items():
        ids = encoder.encode(text)
        out, gaps = model.greedy(ids, STEPS)
        results.append({"name": name, "text": text, "ids": ids, "greedy_ids": out, "greedy_text": encoder.decode(out),
                        "gaps": [round(gap, 4) for gap in gaps]})
        print(name, repr(results[-1]["greedy_text"]), f"smallest gap {min(gaps):.4f}", flush=True)
    with open(OUT, "w", encoding="utf-8") as file:
        json.dump({"source": "resources/starter/train/quantized_golden.py", "prompts": results}, file, indent=1, ensure_ascii=False)
        file.write("\n")
