"""llama.cpp's own server on a model of random weights, made here and now: what it says is noise, held to a schema
where the server does that. A fuzzer that is no code of ours.

Its vocabulary is the 256 bytes and the words of standard input, one in a line up to an empty one: what is hard on
whoever reads the answers. A word that is there twice is said twice as often. Prints its address once it answers, and ends when its standard input does.

    python inference_server.py MODEL.gguf SEED
"""

import os
import re
import sys
from collections import Counter
from pathlib import Path

import gguf
import numpy
import xllamacpp

# Heads as wide as this are those that llama.cpp is quick with.
LAYERS, WIDTH, HEADS, INNER, CONTEXT = 2, 64, 1, 64, 16384
PROMPTS = Path(__file__).parent.parent / "src/engine/llm/prompts"
MERGES = 400
TEMPLATE = (
    "{%- for m in messages %}{{- '<|start|>' + m.role + '\\n' + (m.content or '') + '<|end|>\\n' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|start|>assistant\\n' }}{%- endif %}"
)


def byte_letters():
    """GPT-2's letters for the 256 bytes: those that print stand for themselves."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = (byte for byte in range(256) if byte not in plain)
    letters = {byte: chr(byte) for byte in plain}
    letters.update((byte, chr(256 + nth)) for nth, byte in enumerate(others))
    return [letters[byte] for byte in range(256)]


def merges(letters):
    """Byte pairs that are one token, so that our prompts are short to read. None of them is ever said."""
    text = " ".join(path.read_text() for path in sorted(PROMPTS.glob("*.md")))
    found = Counter(re.findall(r" ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+", text))
    parts = {word: [letters[byte] for byte in word.encode()] for word in found}
    learnt = []
    for _ in range(MERGES):
        pairs = Counter()
        for word, count in found.items():
            for pair in zip(parts[word], parts[word][1:]):
                pairs[pair] += count
        first, second = max(pairs, key=lambda pair: (pairs[pair], pair))
        learnt.append((first, second))
        for word, split in parts.items():
            at = 0
            while at + 1 < len(split):
                if (split[at], split[at + 1]) == (first, second):
                    split[at : at + 2] = [first + second]
                at += 1
    return learnt


def write(path, words, seed):
    letters = byte_letters()
    control = ["<|nothing|>", "<|start|>", "<|end|>"]
    spelled = ["".join(letters[byte] for byte in word.encode()) for word in Counter(words)]
    learnt = merges(letters)
    known = {*letters, *spelled}
    tokens = [*letters, *control, *spelled, *dict.fromkeys(a + b for a, b in learnt if a + b not in known)]
    model = gguf.GGUFWriter(path, "llama")
    model.add_name("noise")
    model.add_context_length(CONTEXT)
    model.add_embedding_length(WIDTH)
    model.add_block_count(LAYERS)
    model.add_feed_forward_length(INNER)
    model.add_head_count(HEADS)
    model.add_head_count_kv(HEADS)
    model.add_layer_norm_rms_eps(1e-5)
    model.add_rope_dimension_count(WIDTH // HEADS)
    model.add_vocab_size(len(tokens))
    model.add_file_type(gguf.LlamaFileType.ALL_F32)
    model.add_tokenizer_model("gpt2")
    model.add_tokenizer_pre("gpt-2")
    model.add_token_list(tokens)
    normal, special = gguf.TokenType.NORMAL, gguf.TokenType.CONTROL
    model.add_token_types([special if 256 <= at < 259 else normal for at in range(len(tokens))])
    model.add_token_merges([f"{a} {b}" for a, b in learnt])
    model.add_bos_token_id(256)
    model.add_eos_token_id(258)
    model.add_pad_token_id(256)
    model.add_add_bos_token(False)
    model.add_chat_template(TEMPLATE)
    random = numpy.random.default_rng(seed)

    def noise(*shape):
        return (random.standard_normal(shape) * 0.05).astype(numpy.float32)

    ones = numpy.ones(WIDTH, numpy.float32)
    # The first number of every state stays about the same, and so weighs what is said next whatever was said before.
    states, answers = noise(len(tokens), WIDTH), noise(len(tokens), WIDTH)
    states[:, 0] = 1.0
    answers[:, 0] = likely(tokens, words) / 3.6
    model.add_tensor("token_embd.weight", states)
    model.add_tensor("output_norm.weight", ones)
    model.add_tensor("output.weight", answers)
    for layer in range(LAYERS):
        for name in ("attn_norm", "ffn_norm"):
            model.add_tensor(f"blk.{layer}.{name}.weight", ones)
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            model.add_tensor(f"blk.{layer}.{name}.weight", noise(WIDTH, WIDTH))
        for name, shape in (("gate", (INNER, WIDTH)), ("up", (INNER, WIDTH)), ("down", (WIDTH, INNER))):
            model.add_tensor(f"blk.{layer}.ffn_{name}.weight", noise(*shape))
    model.write_header_to_file()
    model.write_kv_data_to_file()
    model.write_tensors_to_file()
    model.close()


def likely(tokens, words):
    """Strings are a word or a few, more than bytes, few of which are no UTF-8; lists have an item or a few."""
    weights = numpy.zeros(len(tokens), numpy.float32)
    weights[128:256] = -2.0
    said = numpy.log(list(Counter(words).values()))
    weights[259:] = -30.0
    weights[259 : 259 + len(said)] = 4.0 + said
    # The grammar allows white space anywhere.
    for token in "ĠĊĉč":
        weights[tokens.index(token)] = -4.0
    for token, weight in (('"', 6.0), ("{", 4.0), (",", 3.0), ("]", 2.5), ("<|end|>", 4.0)):
        weights[tokens.index(token)] = weight
    return weights


def serve(path, seed):
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = 2 * CONTEXT
    params.n_parallel = 2
    params.n_gpu_layers = 0
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.warmup = False
    params.use_jinja = True
    params.sampling.seed = seed
    params.sampling.temp = 1.0
    params.sampling.top_k, params.sampling.top_p, params.sampling.min_p = 0, 1.0, 0.0
    return xllamacpp.Server(params)


if __name__ == "__main__":
    path, seed = sys.argv[1], int(sys.argv[2])
    write(path, list(iter(lambda: sys.stdin.readline().rstrip("\n"), "")), seed)
    server = serve(path, seed)
    print(server.listening_address, flush=True)
    # Whoever started it is gone when this ends.
    sys.stdin.read()
    os._exit(0)
