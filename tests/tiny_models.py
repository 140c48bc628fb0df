"""Real models, tiny, that say one sentence: made on the spot, for real servers to run.

Each word is a token whose successor is fixed: its embedding is a unit vector, attention and
feed-forward are zero, and the output matrix leads from each word to the next. The text before is
read by the same arithmetic as any model's; only its last token, the template's colon, matters.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

TEMPLATE = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:"
SPECIAL = ["<unk>", "<s>", "</s>"]
BYTES = [f"<0x{value:02X}>" for value in range(256)]
END, COLON, FIRST = 2, len(SPECIAL) + ord(":"), len(SPECIAL) + len(BYTES)


def words_of(sentence: str) -> list[str]:
    """The tokens of a sentence, whose words must all differ."""
    words = ["▁" + word for word in sentence.split()]
    assert len(set(words)) == len(words), "a word can have one successor only"
    return words


def weights(words: list[str], endless: bool) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings and output matrix, (tokens, width) float32; `endless` leads back to the start."""
    count = FIRST + len(words)
    width = -(-count // 32) * 32
    embedding = np.eye(count, width, dtype=np.float32)
    output = np.zeros((count, width), np.float32)
    chain = [COLON, *range(FIRST, count), FIRST if endless else END]
    for token, successor in pairwise(chain):
        output[successor, token] = 1
    return embedding, output


def write_gguf(
    path: Path, sentence: str, context: int = 512, endless: bool = False, layers: int = 1
) -> None:
    """A llama in a GGUF file, for llama.cpp; more layers say the same, slower."""
    import gguf

    words = words_of(sentence)
    embedding, output = weights(words, endless)
    count, width = embedding.shape
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(32)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_rope_dimension_count(width // 2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(count)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([*SPECIAL, *BYTES, *words])
    writer.add_token_scores([0.0] * count)
    writer.add_token_types([2, 3, 3, *[6] * len(BYTES), *[1] * len(words)])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(END)
    writer.add_unk_token_id(0)
    writer.add_chat_template(TEMPLATE)
    tensors: dict[str, Any] = {"token_embd": embedding, "output": output}
    tensors["output_norm"] = np.ones(width, np.float32)
    for layer in range(layers):
        for name in ("attn_norm", "ffn_norm"):
            tensors[f"blk.{layer}.{name}"] = np.ones(width, np.float32)
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            tensors[f"blk.{layer}.{name}"] = np.zeros((width, width), np.float32)
        for name in ("ffn_gate", "ffn_up"):
            tensors[f"blk.{layer}.{name}"] = np.zeros((32, width), np.float32)
        tensors[f"blk.{layer}.ffn_down"] = np.zeros((width, 32), np.float32)
    for name, values in tensors.items():
        writer.add_tensor(f"{name}.weight", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_transformers(folder: Path, sentence: str, context: int = 512) -> None:
    """The same as a folder for transformers, with its tokenizer."""
    import torch
    from tokenizers import Tokenizer, decoders, models
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = words_of(sentence)
    embedding, output = weights(words, endless=False)
    count, width = embedding.shape
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=count,
            hidden_size=width,
            intermediate_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=context,
            bos_token_id=1,
            eos_token_id=END,
            pad_token_id=0,
            tie_word_embeddings=False,
        )
    )
    with torch.no_grad():
        for name, values in model.named_parameters():
            values.fill_(1.0 if "norm" in name else 0.0)
        model.model.embed_tokens.weight.copy_(torch.from_numpy(embedding))
        model.lm_head.weight.copy_(torch.from_numpy(output))
    model.save_pretrained(folder)
    tokens = [*SPECIAL, *BYTES, *words]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    made = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>", byte_fallback=True))
    made.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=made, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )
    wrapped.chat_template = TEMPLATE
    wrapped.save_pretrained(folder)


def write_cross_encoder(folder: Path, odds: dict[str, float]) -> None:
    """A cross-encoder that gives every pair the same odds: a label's name -> its logit."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(
        **_bert(folder),
        num_labels=len(odds),
        id2label=dict(enumerate(odds)),
        label2id={label: at for at, label in enumerate(odds)},
    )
    model = BertForSequenceClassification(config)
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.copy_(torch.tensor(list(odds.values())))
    model.save_pretrained(folder)


def write_encoder(folder: Path) -> None:
    """An encoder for sentence-transformers, with weights by chance."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    plain = folder.with_name(f"{folder.name}-plain")
    BertModel(BertConfig(**_bert(plain))).save_pretrained(plain)
    words = Transformer(str(plain))
    pooling = Pooling(words.get_embedding_dimension())
    SentenceTransformer(modules=[words, pooling]).save(str(folder))


def _bert(folder: Path) -> dict[str, int]:
    """The sizes of a tiny BERT, whose tokenizer of single letters is written to the folder."""
    from transformers import BertTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokens = [*special, *letters, *(f"##{letter}" for letter in letters), *".,?!'"]
    (folder / "vocab.txt").write_text("\n".join(tokens), encoding="utf-8")
    BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=128).save_pretrained(folder)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    return {"vocab_size": len(tokens), "intermediate_size": 16, **sizes}
