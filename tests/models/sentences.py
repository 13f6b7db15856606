"""Sentence embeddings over any function (ids [B, S], mask [B, S]) -> last hidden state [B, S, D]."""
import numpy
import octavo


def tokenizer(max_length=256):
    from tokenizers import Tokenizer
    result = Tokenizer.from_file(str(octavo.MODEL / "tokenizer.json"))
    result.no_padding()
    result.enable_truncation(max_length)
    return result


def padded(encodings):
    columns = max(len(e) for e in encodings)
    ids = numpy.zeros((len(encodings), columns), numpy.int64)
    mask = numpy.zeros_like(ids)
    for row, e in enumerate(encodings):
        ids[row, :len(e)], mask[row, :len(e)] = e, 1
    return ids, mask


def pool(hidden, mask):
    """Mean over the tokens, then length 1."""
    mean = (hidden.astype(numpy.float64) * mask[:, :, None]).sum(1)
    return mean / numpy.linalg.norm(mean, axis=1, keepdims=True)


def embed(texts, forward, batch=32):
    encodings = [e.ids for e in tokenizer().encode_batch(texts)]
    order = sorted(range(len(texts)), key=lambda i: len(encodings[i]))
    vectors = numpy.empty((len(texts), 384))
    for begin in range(0, len(order), batch):
        part = order[begin:begin + batch]
        ids, mask = padded([encodings[i] for i in part])
        vectors[part] = pool(forward(ids, mask), mask)
    return vectors


def transformers_model():
    import torch
    from transformers import BertModel
    model = BertModel.from_pretrained(octavo.MODEL, attn_implementation="eager").eval()

    def forward(ids, mask):
        with torch.no_grad():
            return model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).last_hidden_state.numpy()

    return forward
