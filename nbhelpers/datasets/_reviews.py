"""Film reviews put together from a grammar, with a known ground truth."""

import hashlib
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nbhelpers.errors import DatasetError

PLAIN, NEGATION, ORDER, SARCASM, RARE = "plain", "negation", "order", "sarcasm", "rare"
SHARES = {PLAIN: 0.55, NEGATION: 0.15, ORDER: 0.15, SARCASM: 0.07, RARE: 0.08}

# A sentence is a template; each {word} is drawn from its list. {good} agrees with the review's
# label and {bad} says the opposite, whatever the label is.
WORDS = {
    "part": "acting|script|music|camera work|dialogue|plot|pacing|editing|soundtrack|ending|cast|"
    "story|direction|lighting|lead performance|supporting cast|final act|first hour",
    "genre": "thriller|comedy|drama|western|horror film|romance|documentary|musical|mystery|"
    "war film|science fiction film|road movie|heist film|family film",
    "hero": "a tired detective|a young teacher|two brothers|a retired sailor|a lonely widow|"
    "a group of students|a small town doctor|a jazz musician|a stubborn farmer|an old spy|"
    "a night nurse|a failed painter",
    "deed": "returns to a town by the sea|inherits a strange house|falls for the wrong person|"
    "must cross the desert|looks for a missing child|takes one last job|finds an old letter|"
    "wakes up without a memory|hides from the police|opens a hotel|sails around the world|"
    "tries to win a contest",
    "when": "last night|on a long flight|with my family|at a festival|on an old tape|twice|"
    "late on a Sunday|at the cinema round the corner|after reading the book|without any idea of it",
    "very": "really|truly|very|quite|simply|rather|absolutely|surprisingly",
    "wish": "enjoying|finding a way to like|caring about",
}
POSITIVE = {
    "adjective": "great|wonderful|excellent|superb|brilliant|charming|moving|funny|clever|lovely|"
    "gripping|beautiful|fresh|delightful|powerful|touching",
    "verb": "loved|enjoyed|admired|adored",
    "noun": "masterpiece|gem|triumph|joy|treat|delight",
    "closing": "Highly recommended|I will see it again|Worth every minute|A must see",
    "rare": "luminous|sublime|beguiling|incandescent|peerless|exquisite|transcendent|mesmeric|"
    "resplendent|consummate|virtuosic|rapturous|effervescent|majestic|scintillating|ravishing",
}
NEGATIVE = {
    "adjective": "terrible|awful|boring|dull|stupid|weak|poor|predictable|silly|lifeless|"
    "tedious|ugly|stale|annoying|clumsy|horrible",
    "verb": "hated|disliked|regretted|despised",
    "noun": "mess|disaster|failure|bore|letdown|waste",
    "closing": "Avoid it|I want my time back|Not worth a minute|Stay away",
    "rare": "turgid|insipid|vapid|execrable|soporific|ponderous|lugubrious|mawkish|leaden|"
    "hackneyed|interminable|stultifying|abysmal|meretricious|bathetic|moribund",
}
NEUTRAL = (
    "I saw this {genre} {when}.",
    "It is a {genre} about how {hero} {deed}.",
    "In this {genre}, {hero} {deed}.",
    "Then {hero} {deed}, and the {part} changes its tone.",
    "The {part} and the {part} take up most of the film.",
    "My friends wanted to see a {genre} {when}, so we did.",
    "It was made a few years after another {genre} of the same studio.",
)
SENTENCES = {
    PLAIN: (
        "The {part} is {very} {good adjective}.",
        "I {good verb} the {part}.",
        "What a {good noun} of a {genre}!",
        "A {good adjective} {genre} with a {good adjective} {part}.",
        "The {part} was {good adjective} and the {part} was {good adjective}.",
        "{good closing}.",
    ),
    # All its words of feeling point the wrong way.
    NEGATION: (
        "The {part} is not {bad adjective} at all.",
        "Nobody could call the {part} {bad adjective}.",
        "I never {bad verb} the {part}, not for a moment.",
        "There is nothing {bad adjective} about this {genre}.",
        "This {genre} is anything but a {bad noun}.",
        "I do not think that the {part} was {bad adjective}.",
    ),
    # As many words for as against; only what comes last, or after "but", counts.
    ORDER: (
        "The {part} was {bad adjective}, but the {part} was {good adjective}.",
        "It starts as a {bad noun} and ends as a {good noun}.",
        "I expected a {bad noun} and got a {good noun}.",
        "At first it seems {bad adjective}, in the end it is {good adjective}.",
        "They said it was {bad adjective}; for me it was {good adjective}.",
        "Once I thought it {bad adjective}; now I think it {good adjective}.",
    ),
    # What it says and what it means are opposites; a few turns of phrase give it away.
    SARCASM: (
        "Oh sure, {bad adjective}, just {bad adjective}, if you ask people who left early.",
        "Yeah, right, what a {bad noun}, tell me another one.",
        "Of course the {part} is {bad adjective}, and pigs can fly.",
        "So this is the {bad adjective} {genre} they all talk about; as if.",
    ),
    RARE: (
        "The {part} is {good rare}.",
        "A {good rare} {genre}.",
        "Only one word fits the {part}: {good rare}.",
        "Throughout, the {part} stays {good rare}.",
    ),
}


@dataclass(frozen=True, eq=False)
class Reviews:
    """Generated reviews and what is true of them.

    Attributes
    ----------
    texts : tuple of str
    labels : ndarray of shape (n,), int64
        0 for negative, 1 for positive; read-only.
    tags : tuple of str
        How each review says it: "plain", "negation", "order", "sarcasm" or "rare".
    """

    texts: tuple[str, ...]
    labels: np.ndarray
    tags: tuple[str, ...]


def make_reviews(n, *, seed=0, shares=None):
    """Put together film reviews whose feeling, and way of saying it, are known.

    Every review has some sentences without a feeling and one to three that say what its author
    thinks, all in one way:

    - plain: by common words; one word in ten reviews or so disagrees;
    - negation: by denying the opposite ("not dull at all");
    - order: with as many words for as against, of which the last ones count;
    - sarcasm: by words that mean their opposite, given away by a turn of phrase;
    - rare: by words that are seldom seen.

    So a model that only counts words learns the plain reviews, is at chance on "order", and can be
    wrong more often than right on "negation" and "sarcasm".

    Parameters
    ----------
    n : int
        How many; half of them, in random order, are positive.
    seed : int, default=0
        Same seed, same reviews.
    shares : dict of str to float, optional
        How often each way is taken; by default 55 % plain, 15 % negation, 15 % order, 7 % sarcasm,
        8 % rare.

    Returns
    -------
    Reviews

    Examples
    --------
    >>> reviews = make_reviews(4, shares={"negation": 1})
    >>> reviews.tags
    ('negation', 'negation', 'negation', 'negation')
    """
    shares = SHARES if shares is None else shares
    if n < 1 or not shares.keys() <= SENTENCES.keys() or not sum(shares.values()) > 0:
        raise DatasetError(
            f"n={n} reviews with shares {shares} were asked for; expected at least one review and "
            f"some share of {', '.join(SENTENCES)}."
        )
    rng = random.Random(seed)
    labels = [index % 2 for index in range(n)]
    rng.shuffle(labels)
    tags = tuple(rng.choices(list(shares), list(shares.values()), k=n))
    texts = tuple(_review(tag, label, rng) for tag, label in zip(tags, labels, strict=True))
    labels = np.array(labels, np.int64)
    labels.setflags(write=False)
    return Reviews(texts, labels, tags)


def version():
    """Return a text that changes when the reviews could."""
    return "make_reviews " + hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]


def _review(tag, label, rng):
    opinions = [rng.choice(SENTENCES[tag]) for _ in range(rng.randint(1, 3))]
    neutral = [rng.choice(NEUTRAL) for _ in range(rng.randint(2, 5))]
    text = [_fill(sentence, label, rng) for sentence in opinions]
    if tag == PLAIN and len(text) > 1 and rng.random() < 0.15:
        text[0] = _fill(opinions[0], 1 - label, rng)  # hardly anybody likes everything
    for sentence in neutral:
        text.insert(rng.randint(0, len(text)), _fill(sentence, label, rng))
    joints = [rng.choice((" ", " ", " ", "<br /><br />")) for _ in text[1:]] + [""]
    return "".join(sentence + joint for sentence, joint in zip(text, joints, strict=True))


def _fill(sentence, label, rng):
    """Fill a template, each place with its own draw."""
    same, opposite = (POSITIVE, NEGATIVE) if label else (NEGATIVE, POSITIVE)
    lists = {"good": same, "bad": opposite}
    pieces = sentence.split("{")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        place, rest = piece.split("}")
        side, _, word = place.rpartition(" ")
        words = (lists[side] if side else WORDS)[word]
        filled.append(rng.choice(words.split("|")) + rest)
    return "".join(filled)
