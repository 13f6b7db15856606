"""What Octavo has set itself: ratios of minima, on two threads, at AVX2 without VNNI."""

# (who is divided, by whom) -> model -> size -> at least
BARS = {
    ("ort-int8", "octavo-int8"): {
        "bert-base": {"1x8": 1.6, "1x32": 1.5, "1x128": 1.5, "8x128": 1.5},
        "minilm-l6": {"1x8": 1.8, "1x32": 1.8, "1x128": 1.6},
    },
    ("pytorch-fp32", "octavo-int8"): {
        "bert-base": {"1x8": 6.0, "1x32": 4.0, "1x128": 3.0, "8x128": 2.6},
        "minilm-l6": {"1x8": 8.0, "1x32": 5.0, "1x128": 3.0},
    },
    ("ort-fp32", "octavo-fp32"): {
        "bert-base": {"1x8": 1.0, "1x32": 1.0, "1x128": 1.0, "8x128": 1.0},
        "minilm-l6": {"1x8": 1.1, "1x32": 1.1, "1x128": 1.1},
    },
}
FIRST_ANSWER_MS = {"minilm-l6": 50}
TIMES_THE_READ = {"bert-base": 1.5}  # a pass over 8 rows, against reading the weights once; where no cache holds them
PRODUCT_SHARE = 0.85  # of the limit of the kernel's inner loop, at 32 rows on one thread
MEMORY_MB = 10  # beyond the mapped weights and the arena
# Below these, Octavo answers wrongly, and nothing is measured.
LEAST_COSINE = {"octavo-fp32": 0.999999, "octavo-int8": 0.98}
