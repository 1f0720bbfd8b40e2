"""
The arena of a program over time, as a picture: SVG, or a page of HTML around it.

A step is a column, a byte of the arena a height; each buffer is a rectangle from the first step
that needs it to the last. Both are files of their own: nothing is loaded, and names are escaped.
"""

from __future__ import annotations

from html import escape

from ...compiler.questions.memory import BufferAnswer, MemoryAnswer
from ...runtime.value_text import size_text

WIDTH, HEIGHT = 1200, 640
LEFT, TOP, BOTTOM = 90, 20, 40
TICKS = 5

STYLE = (
    "text{font:12px sans-serif;fill:#222}rect.b{stroke:#fff;stroke-width:.5}"
    "rect.b:hover{stroke:#000;stroke-width:1.5}line{stroke:#bbb}line.p{stroke:#c00}"
)


def memory_svg(answer: MemoryAnswer) -> str:
    """The picture."""
    steps = max(len(answer["steps"]), 1)
    total = max(answer["arena"]["bytes"], 1)
    across, up = (WIDTH - LEFT - 10) / steps, (HEIGHT - TOP - BOTTOM) / total

    def y(offset: float) -> float:
        return HEIGHT - BOTTOM - offset * up

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img">',
        f"<title>{escape(answer['model'])}: {total:,} bytes of arena over {steps} steps</title>",
        f"<style>{STYLE}</style>",
    ]
    for tick in range(TICKS + 1):
        at = y(total * tick / TICKS)
        label = size_text(total * tick // TICKS)
        parts.append(f'<line x1="{LEFT}" y1="{at:.1f}" x2="{WIDTH - 10}" y2="{at:.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{label}</text>')
    for number, buffer in enumerate(answer["buffers"]):
        x, width = LEFT + buffer["first"] * across, (buffer["last"] - buffer["first"] + 1) * across
        height = buffer["bytes"] * up
        parts.append(
            f'<rect class="b" x="{x:.2f}" y="{y(buffer["offset"]) - height:.2f}" '
            f'width="{width:.2f}" height="{height:.2f}" fill="hsl({number * 47 % 360},55%,62%)">'
            f"<title>{escape(_about(buffer, answer))}</title></rect>"
        )
    x = LEFT + (answer["peak"] + 0.5) * across
    bottom = HEIGHT - BOTTOM
    parts.append(f'<line class="p" x1="{x:.2f}" y1="{TOP}" x2="{x:.2f}" y2="{bottom}"/>')
    parts.append(
        f'<text x="{LEFT}" y="{HEIGHT - 12}">step 0 to {steps - 1}; most bytes live at step '
        f"{answer['peak']}: {escape(_step(answer))}</text>"
    )
    return "\n".join([*parts, "</svg>\n"])


def memory_page(answer: MemoryAnswer, text: str) -> str:
    """A page with the picture, and what the command prints under it."""
    title = escape(f"Memory of {answer['model'] or 'a model'}")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        "<style>body{font:14px sans-serif;margin:24px}pre{font:13px monospace}"
        "svg{max-width:100%;height:auto}</style></head>\n"
        f"<body><h1>{title}</h1>\n{memory_svg(answer)}<pre>{escape(text)}</pre></body></html>\n"
    )


def _about(buffer: BufferAnswer, answer: MemoryAnswer) -> str:
    nodes = ", ".join(buffer["nodes"]) or "-"
    first, last = buffer["first"], buffer["last"]
    return (
        f"{buffer['value']} ({nodes}): {buffer['bytes']:,} bytes at {buffer['offset']:,}, "
        f"steps {first} to {last}: {answer['steps'][first]} to {answer['steps'][last]}"
    )


def _step(answer: MemoryAnswer) -> str:
    return answer["steps"][answer["peak"]] if answer["steps"] else "-"
