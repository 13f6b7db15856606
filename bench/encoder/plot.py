"""The results as an SVG: a panel a model, a group of bars a size, as high as it is times faster than PyTorch FP32."""
from bench.encoder.field import FIELD
from bench.encoder.measure import SIZES
from bench.encoder.models import MODELS

BASE = "pytorch-fp32"
COLOURS = {
    "pytorch-fp32": "#c7c7c7", "pytorch-int8": "#8c8c8c", "libtorch-fp32": "#e0d4b8", "ort-fp32": "#aec7e8",
    "ort-int8": "#1f77b4", "openvino-fp32": "#c5b0d5", "openvino-int8": "#8054a8", "ctranslate2-int8": "#d99a4e",
    "octavo-fp32": "#98df8a", "octavo-int8": "#1d8a2f",
}
BAR, GAP, PANEL_HEIGHT, LEFT, TOP, BETWEEN = 9, 14, 220, 46, 56, 64


def text(x, y, words, size=11, anchor="middle", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" {extra}>{words}</text>'


def panel(title, groups, names, top):
    """groups: [(size, {name: times faster})]"""
    highest = max(v for _, values in groups for v in values.values())
    scale = PANEL_HEIGHT / highest
    bottom, width = top + PANEL_HEIGHT, len(groups) * (len(names) * BAR + GAP)
    parts = [text(LEFT, top - 10, title, 13, "start", 'font-weight="bold"')]
    step = next(s for s in (0.5, 1, 2, 5, 10) if highest / s <= 8 or s == 10)
    for i in range(int(highest / step) + 1):
        y = bottom - i * step * scale
        parts.append(f'<line x1="{LEFT}" x2="{LEFT + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dddddd"/>')
        parts.append(text(LEFT - 6, y + 4, f"{i * step:g}×", 10, "end"))
    x = LEFT + GAP / 2
    for size, values in groups:
        parts.append(text(x + len(names) * BAR / 2, bottom + 15, size.replace("x", "×")))
        for name in names:
            if name in values:
                height = values[name] * scale
                parts.append(f'<rect x="{x:.1f}" y="{bottom - height:.1f}" width="{BAR - 1}" height="{height:.1f}" '
                             f'fill="{COLOURS[name]}"><title>{FIELD[name].title}: {values[name]:.2f}×</title></rect>')
            x += BAR
        x += GAP
    return parts, width


def legend(names, width):
    parts, columns = [], 4
    for i, name in enumerate(names):
        x, y = LEFT + (i % columns) * width / columns, 12 + 14 * (i // columns)
        parts.append(f'<rect x="{x:.1f}" y="{y - 8}" width="9" height="9" fill="{COLOURS[name]}"/>')
        parts.append(text(x + 13, y, FIELD[name].title, 10, "start"))
    return parts


def plot(cells, threads):
    panels = []
    for model, about in MODELS.items():
        groups = []
        for size in SIZES:
            cell = cells.get(f"{model} {threads} {size}", {})
            if BASE in cell:
                groups.append((size, {name: cell[BASE]["min"] / values["min"] for name, values in cell.items()}))
        if groups:
            panels.append((f"{about.title}, {threads} threads: times faster than PyTorch FP32 (minima)", groups))
    names = [name for name in FIELD if any(name in values for _, groups in panels for _, values in groups)]
    parts, top, widest = [], TOP + 20, 0
    for title, groups in panels:
        drawn, width = panel(title, groups, names, top)
        parts += drawn
        widest, top = max(widest, width), top + PANEL_HEIGHT + BETWEEN
    parts += legend(names, max(widest, 600))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + max(widest, 600) + 20}" height="{top}" '
            f'font-family="sans-serif"><rect width="100%" height="100%" fill="white"/>' + "\n".join(parts) + "</svg>\n")
