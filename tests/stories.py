"""Invented articles that the tests put into files of every format."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Story:
    """An article as its writer knows it: paragraphs of sentences."""

    title: str
    paragraphs: tuple[tuple[str, ...], ...]
    source: str
    author: str
    published: date
    url: str
    updated: date | None = None
    language: str = "en"

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(sentence for paragraph in self.paragraphs for sentence in paragraph)

    @property
    def blocks(self) -> list[str]:
        """The paragraphs as text."""
        return [" ".join(paragraph) for paragraph in self.paragraphs]

    @property
    def text(self) -> str:
        return "\n\n".join(self.blocks)


DEPOT = Story(
    title="Fire at the Carrow tram depot halts half the fleet",
    source="Carrow Courier",
    author="Nessa Halloran",
    published=date(2024, 3, 5),
    updated=date(2024, 3, 7),
    url="https://courier.example/2024/03/05/tram-depot-fire",
    paragraphs=(
        (
            "A fire at the Wharf Street depot on Monday night destroyed nine trams and left the "
            "city of Carrow with half of its fleet.",
            "Nobody was hurt, the fire service said, because the night shift had already gone to "
            "its canteen.",
        ),
        (
            "The alarm was raised at 11.42 p.m. by Dr. Ines Pryor, a vet who lives across the "
            "street.",
            '"I saw an orange glow behind the shutters, and then the windows went," she told the '
            "Courier.",
            "Six engines fought the blaze until a quarter past four.",
        ),
        (
            "Investigators believe that a well-known fault in the battery heaters was to blame, "
            "although they have not ruled out arson.",
            "The manufacturer, Lindqvist & Sons, had recalled 214 heaters of the same type in "
            "January.",
        ),
        (
            "Trams on lines 2 and 5 will run every twenty minutes instead of every eight.",
            "Replacement buses start from the university at six o'clock on Wednesday morning.",
            "Passengers who hold a monthly ticket can claim back £14.50, the operator said.",
        ),
        (
            "Councillor Obadiah Finch called the loss an uninsured catastrophe for the taxpayers "
            "of the city.",
            "The council meets on 12 March to decide whether it can borrow the 31 million pounds "
            "that new trams would cost.",
        ),
    ),
)

ORCHARD = Story(
    title="Beekeepers win the right to the old orchard",
    source="Valley Register",
    author="Tomasz Wilk",
    published=date(2023, 9, 18),
    url="https://register.example/stories/orchard-ruling",
    paragraphs=(
        (
            "The county court ruled on Friday that forty beekeepers may stay in the orchard at "
            "Upper Sallow, which a developer had bought two years ago.",
            "Judge Amara Eke found that the hives had stood there without interruption since 1961.",
        ),
        (
            "Greystone Homes had wanted to build 86 houses on the eleven acres.",
            "Its lawyer said that the company was disappointed and would study the judgment before "
            "it decided on an appeal.",
        ),
        (
            "For the beekeepers the ruling ends a winter of uncertainty.",
            'Their chairwoman, Ottilie Marsh, wept outside the court: "We kept the bees alive, and '
            'now the bees have kept us here."',
        ),
        (
            "The orchard holds the last known trees of the Sallow Russet, an apple that was "
            "thought extinct until 2009.",
            "Grafts have since been sent to growers in Kent, Normandy and Asturias.",
            "The county's naturalists counted 64 species of wild bee there last summer.",
        ),
    ),
)

FLOOD = Story(
    title="Pegel der Ahre steigt auf den höchsten Stand seit 1954",
    source="Ahretaler Bote",
    author="Jörg Süßmilch",
    published=date(2022, 1, 31),
    url="https://bote.example/hochwasser-ahre",
    language="de",
    paragraphs=(
        (
            "Nach drei Tagen Dauerregen ist die Ahre in der Nacht zum Montag über die Ufer "
            "getreten.",
            "In Oberwinden stand das Wasser bis zu den Fenstern der Grundschule, 340 Menschen "
            "mussten ihre Häuser verlassen.",
        ),
        (
            "Bürgermeisterin Käthe Öztürk rief den Notstand aus und bat die Nachbarstädte um "
            "Pumpen.",
            "„Wir haben seit dem Krieg nichts Vergleichbares gesehen“, sagte sie am Morgen.",
        ),
        (
            "Der Wetterdienst erwartet, dass der Scheitel am Dienstag gegen Mittag erreicht wird.",
            "Die Bahnstrecke nach Grünau bleibt mindestens bis Freitag gesperrt.",
        ),
    ),
)

LIBRARY = Story(
    title="Night opening doubles visits to the central library",
    source="Carrow Courier",
    author="Ruben Achterberg",
    published=date(2024, 11, 2),
    url="https://courier.example/2024/11/02/library-nights",
    paragraphs=(
        (
            "Visits to the central library have doubled since it began to stay open until midnight "
            "in September, according to figures published on Thursday.",
            "Between ten and twelve at night the reading room is fuller than at noon.",
        ),
        (
            "Most of the late visitors are students, but one in five is over sixty.",
            "The librarian on duty, Perpetua Lund, keeps a kettle by the returns desk for those "
            "who come in from the cold.",
        ),
        (
            "The trial costs 1,900 pounds a week and runs until the end of January.",
            "Its opponents on the council say that the money would mend eleven school roofs.",
            "A decision is expected before Christmas.",
        ),
    ),
)

STORIES = (DEPOT, ORCHARD, FLOOD, LIBRARY)
