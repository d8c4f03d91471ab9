"""Draw the picture of the front page: a kernel that slides over a digit, as an SVG that moves.

    python docs/sliding_window.py

writes `book/_static/sliding-window.svg`. The sums in it are those of `nbhelpers.nn`.
"""

from pathlib import Path

import numpy as np

from nbhelpers.nn import conv2d_forward

TARGET = Path(__file__).resolve().parents[1] / "book" / "_static" / "sliding-window.svg"
DIGIT = """
........
.######.
.....##.
....##..
...##...
..##....
..##....
........
"""
KERNEL = np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]])
CELL, STEP = 30, 0.6  # pixels; seconds a place
X_DIGIT, X_KERNEL, X_MAP, TOP = 16, 292, 424, 44
TITLE = "A kernel of 3 by 3 numbers slides over a digit; each place gives one number of the map."


def draw():
    """Return the picture of the digit, the kernel and its sums."""
    pixels = np.array([[c == "#" for c in row] for row in DIGIT.split()], dtype=float)
    kernel = KERNEL[:, :, np.newaxis, np.newaxis].astype(float)
    sums = conv2d_forward(pixels[np.newaxis, :, :, np.newaxis], kernel, np.zeros(1))[0][0, :, :, 0]
    return picture(pixels, sums.astype(int))


def picture(pixels, sums):
    """Return the SVG of a picture, the kernel, and the sums at all places of the window."""
    places = [(row, column) for row in range(sums.shape[0]) for column in range(sums.shape[1])]
    seconds = STEP * (len(places) + 4)  # at the end the whole map stands still for a moment
    shapes = [caption(X_DIGIT, "a digit"), caption(X_KERNEL, "a kernel"), caption(X_MAP, "its map")]
    for (row, column), pixel in np.ndenumerate(pixels):
        shapes.append(cell(X_DIGIT, row, column, int(pixel), "#1d56b5" if pixel else "#ffffff"))
    for (row, column), weight in np.ndenumerate(KERNEL):
        shapes.append(cell(X_KERNEL, row, column, weight, "#fdecd2"))
    for number, (row, column) in enumerate(places):
        value = sums[row, column]
        strength = abs(value) / np.abs(sums).max()
        colour = mix("#d55e00" if value < 0 else "#0072b2", strength)
        square = cell(X_MAP, row, column, value, colour)
        shapes.append(f'<g class="sum" style="animation-name:sum{number}">{square}</g>')
    starts = [100 * number * STEP / seconds for number in range(len(places))]  # per cent
    steps = "".join(
        f"{start:.2f}% {{ transform: translate({column * CELL}px, {row * CELL}px) }} "
        for start, (row, column) in zip(starts, places, strict=True)
    )
    appear = "\n".join(
        f"@keyframes sum{number} {{ 0% {{ opacity: 0 }} {start:.2f}% {{ opacity: 1 }} }}"
        for number, start in enumerate(starts)
        if number
    )
    width, height = X_MAP + 6 * CELL + 16, TOP + 8 * CELL + 16
    window = (
        f'<rect class="window" x="{X_DIGIT}" y="{TOP}" width="{3 * CELL}" height="{3 * CELL}"/>'
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>{TITLE}</title>
<style>
text {{ font: 14px system-ui, sans-serif; text-anchor: middle }}
.window {{ fill: none; stroke: #d55e00; stroke-width: 4;
  animation: slide {seconds:.1f}s step-end infinite }}
.sum {{ animation: {seconds:.1f}s step-end infinite }}
@keyframes slide {{ {steps}}}
{appear}
@media (prefers-reduced-motion: reduce) {{ .window, .sum {{ animation: none }} }}
</style>
<rect width="{width}" height="{height}" rx="8" fill="#f4f7fb"/>
{"".join(shapes)}
{window}
</svg>
"""


def cell(left, row, column, value, colour):
    """Return one square with its number."""
    x, y = left + column * CELL, TOP + row * CELL
    dark = colour == "#1d56b5" or (colour.startswith("rgb") and colour.endswith(";dark"))
    ink = "#ffffff" if dark else "#1f2630"
    return (
        f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" fill="{colour.split(";")[0]}" '
        f'stroke="#c3ccd8"/><text x="{x + CELL / 2}" y="{y + 20}" fill="{ink}">'
        f"{str(value).replace('-', '−')}</text>"
    )


def mix(colour, strength):
    """Return a colour thinned with white, marked where light ink is needed on it."""
    channels = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    thinned = [round(255 + strength * (channel - 255)) for channel in channels]
    return f"rgb({','.join(map(str, thinned))})" + (";dark" if strength > 0.7 else "")


def caption(left, text):
    """Return what stands above a grid."""
    return f'<text x="{left}" y="28" style="text-anchor:start" fill="#1f2630">{text}</text>'


if __name__ == "__main__":
    TARGET.write_text(draw(), "utf-8")
