"""Drawn faces with a known ground truth, for where real ones may not be handed on."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nbhelpers.errors import DatasetError


@dataclass(frozen=True)
class Condition:
    """What one picture of a series shows.

    Attributes
    ----------
    name : str
    turn : float
        Degrees by which the head is turned; positive is to the right of the picture.
    light : float
        Degrees from which the light comes; 0 is the camera, positive the right of the picture.
    side_light : float
        From 0, soft light from everywhere, to 1, a lamp in the dark.
    exposure : float
        Brightness of the whole picture; 1 is normal.
    smile, jaw, brows : float
        Corners of the mouth up (1) or down (-1); mouth open (1); brows up (1) or down (-1).
    eyes : (float, float)
        How far the left and the right eye are open; 1 is normal, 0 closed.
    glasses : bool or None
        Whether everyone wears glasses in this picture; None leaves it to the person.
    chance : float
        How far a picture strays from all of this, and from an upright head in the middle of it, by
        chance. 1 is a sitting with a chin rest: shifts of half a pixel of 80, turns of 2.5 degrees.
    session : float
        How much the exposure differs between people, each of whom sat on another day: standard
        deviation of the logarithm of a factor that all pictures of one person share.
    falloff : float
        How fast the light fades across the picture, as a logarithm for each half of a head's
        height, towards a side that is left to chance.
    """

    name: str
    turn: float = 0.0
    light: float = 15.0
    side_light: float = 0.35
    exposure: float = 1.0
    smile: float = 0.0
    jaw: float = 0.0
    brows: float = 0.0
    eyes: tuple[float, float] = (1.0, 1.0)
    glasses: bool | None = None
    chance: float = 1.0
    session: float = 0.0
    falloff: float = 0.0


# What was taken from FERET: seven pictures, of which five are turned or changed and the last is
# dark; heads that no eye has centred; sittings on different days, so that a person's pictures share
# a brightness; and that no single factor undoes the dark. The numbers are round ones, the same for
# all pictures but for what each is there to show. Two were changed after a look at what a nearest
# neighbour on pixels makes of pictures 5, 6 and 7: with `chance` twice as large it knew one person
# in six, and with a `session` of 0.25 pictures were clipped to white.
LOOSE = {"chance": 2.0, "session": 0.15}
FERET = (
    Condition("frontal", **LOOSE),
    Condition("turned left", turn=-20, **LOOSE),
    Condition("turned far left", turn=-40, **LOOSE),
    Condition("turned right", turn=20, **LOOSE),
    Condition("turned far right", turn=40, **LOOSE),
    Condition("expression", smile=1.0, jaw=0.25, brows=0.3, **LOOSE),
    Condition("dark", light=-35, side_light=0.75, exposure=0.38, falloff=0.5, **LOOSE),
)
YALE = (
    Condition("centerlight", light=0, side_light=0.6, glasses=False),
    Condition("glasses", glasses=True),
    Condition("happy", smile=1.0, jaw=0.3, glasses=False),
    Condition("leftlight", light=-70, side_light=0.9, exposure=0.9, glasses=False),
    Condition("noglasses", glasses=False),
    Condition("normal"),
    Condition("rightlight", light=70, side_light=0.9, exposure=0.9, glasses=False),
    Condition("sad", smile=-0.9, brows=-0.4, glasses=False),
    Condition("sleepy", eyes=(0.0, 0.0), glasses=False),
    Condition("surprised", jaw=1.0, brows=1.0, eyes=(1.4, 1.4), glasses=False),
    Condition("wink", eyes=(1.0, 0.0), smile=0.3, glasses=False),
)

# What makes a person: (mean, standard deviation, smallest, largest). Lengths are in units of half
# a head's height, angles on the head in radians, shades from 0 (black) to 1 (white).
TRAITS = {
    "width": (0.74, 0.05, 0.62, 0.88),  # of the head
    "jaw": (2.7, 0.5, 2.0, 4.0),  # 2 is round, 4 is square
    "taper": (0.17, 0.07, 0.0, 0.34),  # how much narrower the chin is
    "skin": (0.72, 0.12, 0.38, 0.92),
    "hair": (0.24, 0.15, 0.05, 0.72),  # its shade
    "hairline": (0.48, 0.12, 0.25, 0.66),  # its height at the middle of the forehead
    "receding": (0.02, 0.20, -0.35, 0.35),  # how much higher it is at the temples
    "hair_volume": (0.09, 0.05, 0.02, 0.22),
    "hair_length": (0.10, 0.55, -0.95, 0.60),  # lowest point of the hair at the sides
    "eye_height": (0.06, 0.035, -0.03, 0.14),
    "eye_distance": (0.45, 0.035, 0.37, 0.53),
    "eye_width": (0.165, 0.02, 0.12, 0.21),
    "eye_opening": (0.058, 0.013, 0.03, 0.09),
    "iris": (0.22, 0.12, 0.05, 0.55),  # its shade
    "brow_height": (0.16, 0.025, 0.11, 0.22),  # above the eyes
    "brow_thickness": (0.030, 0.011, 0.012, 0.06),
    "brow_slope": (0.03, 0.07, -0.12, 0.18),  # positive: the outer end is higher
    "nose_length": (0.40, 0.045, 0.29, 0.50),
    "nose_width": (0.13, 0.025, 0.08, 0.19),
    "nose_size": (0.16, 0.04, 0.07, 0.26),  # how far it stands out
    "mouth_height": (-0.56, 0.035, -0.63, -0.48),
    "mouth_width": (0.30, 0.04, 0.21, 0.39),
    "lips": (0.055, 0.015, 0.025, 0.09),
    "cheeks": (0.05, 0.03, 0.0, 0.12),
    "glasses": (-0.9, 1.0, -4.0, 4.0),  # worn where positive
    "beard": (-1.1, 1.0, -4.0, 4.0),
    "moustache": (-0.9, 1.0, -4.0, 4.0),
    "clothes": (0.35, 0.22, 0.05, 0.9),
}


@dataclass(frozen=True, eq=False)
class Faces:
    """Drawn faces and what is true of them.

    Attributes
    ----------
    images : ndarray of shape (n_people, n_pictures, height, width), uint8
        Read-only.
    traits : dict of str to ndarray of shape (n_people,)
        What makes each person; `TRAITS` in this module says what each means.
    conditions : tuple of Condition
        What each picture of a series shows.
    """

    images: np.ndarray
    traits: dict
    conditions: tuple[Condition, ...]


def make_faces(n_people, height=80, width=80, *, n_pictures=None, conditions=FERET, seed=0,
               resemblance=0.5, noise=0.02):  # fmt: skip
    """Draw faces of people who do not exist, one series of pictures for each.

    A head is an ellipsoid with bumps for nose, brows, cheeks, lips and chin, painted with eyes,
    brows, lips, hair, beard and glasses, turned, lit from one side and photographed. As in real
    sets, light changes the pixels more than the person does: a nearest neighbour recognises frontal
    pictures and fails on a dark one.

    The default series shows what makes FERET hard, in kind: five of seven pictures are turned or
    changed, the crops are not aligned, and the last picture is dark in a way that is not one
    factor. Since a person's pictures also share the brightness of their day, a network learns that
    brightness, and pictures multiplied to one common mean lose it: that harms the bright ones. How
    *much* each of these costs is not taken from FERET.

    Parameters
    ----------
    n_people : int
        How many people; the first 10 of 20 are the same as 10.
    height, width : int, default=80
        Size of a picture in pixels.
    n_pictures : int, optional
        Take the first of the conditions only; by default all.
    conditions : sequence of Condition
        What the pictures of each series show. By default a series like FERET's.
    seed : int, default=0
        Same seed, same faces.
    resemblance : float, default=0.5
        How much people 1 and 2, 3 and 4, ... look alike: the correlation of their traits, from 0
        (strangers) to 1 (twins).
    noise : float, default=0.02
        Standard deviation of the camera's noise; white is 1.

    Returns
    -------
    Faces

    Examples
    --------
    >>> faces = make_faces(3, 40, 32, n_pictures=2)
    >>> faces.images.shape
    (3, 2, 40, 32)
    """
    conditions = tuple(conditions)[:n_pictures]
    if min(n_people, height, width, len(conditions)) < 1 or not 0 <= resemblance <= 1:
        raise DatasetError(
            f"n_people={n_people}, height={height}, width={width}, {len(conditions)} conditions "
            f"and resemblance={resemblance} were asked for; expected at least one of each, and a "
            "resemblance from 0 to 1."
        )
    people = [_person(seed, number, resemblance) for number in range(n_people)]
    images = np.empty((n_people, len(conditions), height, width), np.uint8)
    for number, person in enumerate(people):
        rng = np.random.default_rng([seed, 2, number])
        day = np.random.default_rng([seed, 3, number])
        pictures = _draw(person, conditions, height, width, rng, day)
        pictures += noise * rng.standard_normal(pictures.shape, dtype=np.float32)
        images[number] = np.clip(255 * pictures + 0.5, 0, 255)
    images.setflags(write=False)
    traits = {name: np.array([person[name] for person in people]) for name in TRAITS}
    return Faces(images, traits, conditions)


def version():
    """Return a text that changes when the faces could."""
    return "make_faces " + hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]


def _person(seed, number, resemblance):
    """Draw a person's traits; two neighbours share a part of what they are drawn from."""
    shared = np.random.default_rng([seed, 0, number // 2]).normal(size=len(TRAITS))
    own = np.random.default_rng([seed, 1, number]).normal(size=len(TRAITS))
    drawn = np.sqrt(resemblance) * shared + np.sqrt(1 - resemblance) * own
    return {
        name: float(np.clip(mean + std * z, low, high))
        for (name, (mean, std, low, high)), z in zip(TRAITS.items(), drawn, strict=True)
    }


def _draw(t, conditions, height, width, rng, day):
    """Draw a person with the traits `t`: (pictures, height, width), white is 1."""
    unit = np.float32(2.36 / height)  # size of a pixel; a head is 2 high
    shot = _shots(conditions, t["glasses"] > 0, rng, day)
    x, y = _grid(shot, height, width, unit)
    half = _half_width(t, y)
    # The angle on the head, counted from the middle of the face: where features are painted.
    angle = np.arcsin(np.clip(x / half, -1, 1)) - shot["turn"]
    depth = np.sqrt(np.maximum(half**2 - x**2, 0)) + _relief(t, shot, angle, y)
    light = _light(shot, depth, unit)
    strands = t["hair"] * (1 + 0.22 * np.sin(23 * angle + 5 * y) * np.sin(9 * angle - 3 * y))

    picture = _background(t, shot, x, y, unit)
    picture = _over(picture, _hair_behind(t, x, y, unit), 0.8 * strands)
    ears = _inside(_ellipse(np.abs(x) - t["width"], y + 0.02, 0.09, 0.2), unit / 0.09)
    picture = _over(picture, ears, 0.8 * t["skin"] * light.mean((1, 2), keepdims=True))
    face = _paint(t, shot, angle, y, unit)
    face = _over(face, _hair_on_head(t, angle, y, unit), strands) * light
    face = _over(face, shot["glasses"] * _frames(t, angle, y, unit), 0.1)
    picture = _over(picture, _inside(np.abs(x) - half, unit) * (np.abs(y) < 1), face)
    across = x * np.cos(shot["fades_to"]) + y * np.sin(shot["fades_to"])
    return _soften(picture) * shot["exposure"] * shot["day"] * np.exp(-shot["falloff"] * across)


def _shots(conditions, wears_glasses, rng, day):
    """Return what each picture shows as arrays of shape (pictures, 1, 1), a bit off each time.

    What `rng` and `day` give depends on nothing but how often they were asked, so that a condition
    that leaves a new kind of chance out is drawn as it was before there was this kind.
    """

    def as_column(values):
        return np.array(values, np.float32).reshape(-1, 1, 1)

    def column(values, spread=0.0):
        chance = np.array([c.chance for c in conditions])
        values = values + chance * rng.normal(0, spread, len(values))
        return as_column(values)

    still = [0.0] * len(conditions)
    glasses = [wears_glasses if c.glasses is None else c.glasses for c in conditions]
    of_the_day = day.normal() * as_column([c.session for c in conditions])
    return {
        "turn": np.radians(column([c.turn for c in conditions], 2.5)),
        "light": np.radians(column([c.light for c in conditions], 6)),
        "side_light": column([c.side_light for c in conditions]),
        "exposure": column([c.exposure for c in conditions]) * np.exp(column(still, 0.05)),
        "smile": column([c.smile for c in conditions], 0.06),
        "jaw": np.maximum(column([c.jaw for c in conditions], 0.02), 0),
        "brows": column([c.brows for c in conditions], 0.08),
        "left_eye": column([c.eyes[0] for c in conditions], 0.05),
        "right_eye": column([c.eyes[1] for c in conditions], 0.05),
        "glasses": column(glasses),
        "x": column(still, 0.015),
        "y": column(still, 0.015),
        "roll": column(still, 0.02),
        "zoom": np.exp(column(still, 0.015)),
        "day": np.exp(of_the_day),
        "falloff": as_column([c.falloff for c in conditions]),
        "fades_to": as_column(day.uniform(0, 2 * np.pi, len(conditions))),
    }


def _grid(shot, height, width, unit):
    """Return x (to the right) and y (up) of each pixel, in the head's own upright position."""
    rows = (np.arange(height, dtype=np.float32)[:, np.newaxis] - (height - 1) / 2) * -unit
    columns = (np.arange(width, dtype=np.float32) - (width - 1) / 2) * unit
    x, y = columns - shot["x"], rows - shot["y"] + 0.01
    cos, sin = np.cos(shot["roll"]), np.sin(shot["roll"])
    return (cos * x + sin * y) * shot["zoom"], (cos * y - sin * x) * shot["zoom"]


def _half_width(t, y):
    """Return half of the head's width at each height; almost nothing above and below it."""
    power = np.where(y > 0, np.float32(2.2), np.float32(t["jaw"]))
    below = np.maximum(-y, 0)
    half = np.sqrt(np.maximum(1 - np.abs(y) ** power, 0)) * (1 - t["taper"] * below**1.5)
    return np.maximum(t["width"] * half, 1e-3)


def _relief(t, shot, angle, y):
    """Return by how much nose, brows, cheeks, lips and chin stand out of the ellipsoid."""
    tip = t["eye_height"] - t["nose_length"]
    along = np.clip((t["eye_height"] - y) / t["nose_length"], 0, 1)  # 0 at the eyes, 1 at the tip
    ends = 1 / (1 + np.exp((tip - 0.04 - y) / 0.02))
    sharp = t["nose_width"] * (0.45 + 0.35 * along)
    relief = t["nose_size"] * along**1.3 * ends * np.exp(-((angle / sharp) ** 2))
    mouth = t["mouth_height"] - 0.05 * shot["jaw"]
    for side in (-1, 1):
        eye = side * t["eye_distance"]
        relief = relief - _bump(angle - eye, y - t["eye_height"], 0.2, 0.09, 0.055)
        relief += _bump(angle - eye, y - t["eye_height"] - t["brow_height"], 0.25, 0.05, 0.02)
        height = t["cheeks"] + 0.03 * np.maximum(shot["smile"], 0)
        relief += _bump(angle - 1.5 * eye, y + 0.24, 0.2, 0.14, height)
    relief += _bump(angle, y - mouth, 0.6 * t["mouth_width"], 0.07, 0.04)
    return relief + _bump(angle, y + 0.84, 0.2, 0.09, 0.05)


def _light(shot, depth, unit):
    """Return the brightness that the light gives to each pixel."""
    slope_y, slope_x = np.gradient(depth, -unit, unit, axis=(1, 2))
    length = np.sqrt(1 + slope_x**2 + slope_y**2)
    rise = 0.3
    lamp = -slope_x * np.sin(shot["light"]) * np.cos(rise) - slope_y * np.sin(rise)
    lamp = np.maximum((lamp + np.cos(shot["light"]) * np.cos(rise)) / length, 0)
    soft = 0.62 + 0.38 / length
    return (1 - shot["side_light"]) * soft + shot["side_light"] * (0.12 + 1.1 * lamp)


def _paint(t, shot, angle, y, unit):
    """Return the shade of the face without its hair: skin, eyes, brows, nostrils, mouth, beard."""
    skin = np.full_like(angle, t["skin"])
    mouth_y = t["mouth_height"] - 0.05 * shot["jaw"]
    nose_y = t["eye_height"] - t["nose_length"]
    beard = _inside(np.abs(angle) - 1.25, 0.3)
    beard *= _inside(y + 0.36 + 0.25 * np.cos(2.2 * angle), 0.1)
    face = _over(skin, 0.8 * np.clip(t["beard"], 0, 1) * beard, t["hair"])
    lip_y = 0.5 * (mouth_y + nose_y) - 0.03
    moustache = _ellipse(angle, y - lip_y + 0.5 * angle**2, 1.2 * t["mouth_width"], 0.065)
    face = _over(face, np.clip(2 * t["moustache"], 0, 0.9) * _inside(moustache, 0.5), t["hair"])
    for side, opening in ((-1, shot["left_eye"]), (1, shot["right_eye"])):
        face = _paint_eye(face, t, shot, side, opening, angle, y, unit)
    nostrils = np.abs(angle) - 0.55 * t["nose_width"]
    nostrils = _ellipse(nostrils, y - nose_y + 0.03, 0.35 * t["nose_width"], 0.022)
    face = _over(face, 0.7 * _inside(nostrils, unit / 0.03), 0.12)
    return _paint_mouth(face, t, shot, angle, y - mouth_y, unit)


def _paint_eye(face, t, shot, side, opening, angle, y, unit):
    across = (angle - side * t["eye_distance"]) / t["eye_width"]
    up = y - t["eye_height"]
    lens = np.maximum(1 - across**2, 0)
    height = np.maximum(t["eye_opening"] * opening, 0.004)
    visible = _inside(np.abs(up) - height * lens, unit) * (np.abs(across) < 1)
    iris = _ellipse(across * t["eye_width"], up, 0.068, 0.068)
    ball = _over(np.full_like(face, 0.9), _inside(iris, unit / 0.068), t["iris"])
    ball = _over(ball, _inside(iris + 0.5, unit / 0.068), 0.04)
    lid = _inside(np.abs(up - height * lens) - 0.008, unit) * (np.abs(across) < 1)
    face = _over(face, 0.3 * _bump(across, up, 1.2, 0.11, 1.0), 0.5 * face)
    face = _over(_over(face, visible, ball), 0.85 * lid, 0.1)
    outwards = side * angle - t["eye_distance"]
    line = t["brow_height"] + 0.07 * shot["brows"] + t["brow_slope"] * outwards - 1.1 * outwards**2
    brow = _inside(np.abs(up - line) - t["brow_thickness"], unit) * _inside(
        np.abs(outwards) - 1.45 * t["eye_width"], 0.06
    )
    return _over(face, 0.85 * brow, 0.75 * t["hair"])


def _paint_mouth(face, t, shot, angle, up, unit):
    width = t["mouth_width"] * (1 + 0.25 * np.maximum(shot["smile"], 0) - 0.25 * shot["jaw"])
    across = angle / width
    up = up - 0.09 * shot["smile"] * (across**2 - 0.4)
    lens = np.maximum(1 - across**2, 0)
    inside = np.abs(across) < 1
    gap = 0.008 + 0.14 * shot["jaw"] * np.sqrt(lens)
    lips = _inside(np.abs(up) - gap - t["lips"] * np.sqrt(lens), unit) * inside
    opened = _inside(np.abs(up) - gap, unit) * inside
    teeth = opened * _inside(np.abs(up - 0.4 * gap) - 0.5 * gap, unit) * (shot["smile"] > 0.5)
    face = _over(face, 0.8 * lips, 0.6 * t["skin"])
    return _over(_over(face, opened, 0.1), 0.9 * teeth * (shot["jaw"] > 0.1), 0.9)


def _frames(t, angle, y, unit):
    """Return where the frame of a pair of glasses is."""
    frames = _inside(np.abs(y - t["eye_height"] - 0.02) - 0.015, unit) * (
        (np.abs(angle) < 0.2) | (np.abs(angle) > 0.7)
    )
    for side in (-1, 1):
        ring = _ellipse(angle - side * 0.47, y - t["eye_height"] + 0.02, 0.27, 0.17)
        frames = np.maximum(frames, _inside(np.abs(ring) * 0.2 - 0.016, unit))
    return frames


def _hair_on_head(t, angle, y, unit):
    across = np.minimum(np.abs(angle), 1.2)
    line = t["hairline"] + t["receding"] * across**2 - 0.35 * np.maximum(across - 0.8, 0)
    top = _inside(line - y, 1.5 * unit)
    lowest = np.minimum(t["hair_length"], 0.1)
    sides = _inside(1.15 - np.abs(angle), 0.12) * _inside(lowest - y, 0.06)
    return np.maximum(top, sides)


def _hair_behind(t, x, y, unit):
    wide, high = t["width"] + t["hair_volume"], 1 + 0.8 * t["hair_volume"]
    outline = _inside(_ellipse(x, np.maximum(y, 0), wide, high), unit)
    return outline * _inside(t["hair_length"] - y, 0.06)


def _background(t, shot, x, y, unit):
    away = 0.5 - 0.5 * np.tanh(1.5 * x * np.sin(shot["light"]))  # 1 on the side without light
    wall = 0.8 - 0.45 * shot["side_light"] * away
    neck = _inside(np.abs(x) - 0.6 * t["width"], unit) * _inside(y + 0.5, unit)
    picture = _over(wall, neck, t["skin"] * (0.62 - 0.2 * shot["side_light"]))
    shoulders = y + 1 + 0.25 * np.abs(x) + _bump(x, 0, 0.35, 1, 0.15)
    return _over(picture, _inside(shoulders, unit), t["clothes"] * (0.9 - 0.3 * shot["side_light"]))


def _over(below, cover, above):
    """Lay a shade over a picture where `cover` is 1."""
    return below + cover * (above - below)


def _inside(distance, edge):
    """Return 1 where the distance is negative, 0 where it is positive, with a soft edge."""
    return np.clip(0.5 - distance / edge, 0, 1)


def _ellipse(x, y, half_width, half_height):
    """Return how far outside of an ellipse a point is, in units of its size; inside from -1."""
    return np.sqrt((x / half_width) ** 2 + (y / half_height) ** 2) - 1


def _bump(x, y, width, height, size):
    return size * np.exp(-((x / width) ** 2) - (y / height) ** 2)


def _soften(picture):
    """Blur a picture by a third of a pixel, as a lens does."""
    for axis in (1, 2):
        near = np.roll(picture, 1, axis) + np.roll(picture, -1, axis)
        picture = 0.8 * picture + 0.1 * near
    return picture
