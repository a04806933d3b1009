"""What the shop can sell: kinds of goods with their options, and the names people and places have.

Place in the flow: `world.generate` draws from these lists; nothing else reads them.

What it does not do: no prices of variants, no stock; those are drawn. Every name and place is made
up or common, and no combination of them means anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

Axes: TypeAlias = dict[str, tuple[str, ...]]

_COLORS = ("black", "white", "blue", "green", "red", "grey")
_SIZES = ("S", "M", "L", "XL")

# By name: the price of the plainest variant in whole dollars, and the options by axis. Along an
# axis the options cost more from left to right, but along FREE_AXES they cost the same.
FREE_AXES = ("color", "layout", "EU size")
GOODS: Mapping[str, tuple[int, Axes]] = MappingProxyType(
    {
        "armchair": (210, {"color": _COLORS[:4], "cover": ("cotton", "wool", "leather")}),
        "backpack": (58, {"color": _COLORS[:4], "volume": ("18 l", "26 l", "34 l")}),
        "blender": (64, {"color": _COLORS[:3], "jar": ("plastic", "glass", "steel")}),
        "bookshelf": (95, {"wood": ("pine", "beech", "oak"), "height": ("90 cm", "140 cm")}),
        "camping stove": (47, {"burners": ("1", "2"), "fuel": ("gas", "alcohol", "petrol")}),
        "coffee grinder": (52, {"color": _COLORS[:3], "burr": ("steel", "ceramic")}),
        "desk lamp": (36, {"color": _COLORS[:4], "power": ("plug", "USB", "battery")}),
        "garden hose": (29, {"length": ("10 m", "20 m", "30 m"), "color": _COLORS[2:5]}),
        "hammock": (41, {"color": _COLORS[1:5], "width": ("single", "double")}),
        "headphones": (83, {"color": _COLORS[:4], "type": ("wired", "wireless")}),
        "hiking boots": (98, {"EU size": ("38", "40", "42", "44"), "sole": ("soft", "stiff")}),
        "kettle": (33, {"material": ("plastic", "glass", "steel"), "volume": ("1.0 l", "1.7 l")}),
        "keyboard": (71, {"layout": ("US", "UK", "German"), "switches": ("linear", "tactile")}),
        "office chair": (165, {"color": _COLORS[:3], "armrests": ("fixed", "adjustable")}),
        "picnic blanket": (26, {"color": _COLORS[2:6], "size": ("small", "large")}),
        "pillow": (24, {"filling": ("foam", "feather", "wool"), "size": ("40 cm", "60 cm")}),
        "rain jacket": (76, {"color": _COLORS[:4], "size": _SIZES}),
        "running shoes": (88, {"EU size": ("38", "40", "42", "44"), "color": _COLORS[:4]}),
        "skillet": (44, {"diameter": ("20 cm", "24 cm", "28 cm"), "metal": ("steel", "iron")}),
        "sleeping bag": (92, {"season": ("summer", "autumn", "winter"), "color": _COLORS[2:5]}),
        "sweater": (49, {"color": _COLORS, "size": _SIZES}),
        "table fan": (38, {"color": _COLORS[:3], "blades": ("3", "5")}),
        "teapot": (31, {"material": ("clay", "porcelain", "iron"), "volume": ("0.6 l", "1.2 l")}),
        "tent": (155, {"sleeps": ("2", "3", "4"), "color": _COLORS[2:5]}),
        "towel": (17, {"color": _COLORS, "size": ("hand", "bath", "beach")}),
        "wall clock": (28, {"color": _COLORS[:4], "diameter": ("25 cm", "35 cm")}),
        "water bottle": (19, {"color": _COLORS, "volume": ("0.5 l", "0.8 l")}),
        "writing desk": (240, {"wood": ("pine", "beech", "oak"), "width": ("120 cm", "160 cm")}),
    }
)

FIRST_NAMES = (
    "Ada", "Alma", "Ben", "Bruno", "Cleo", "Dan", "Edith", "Eva", "Finn", "Gia", "Greta", "Hugo",
    "Ines", "Jon", "Karl", "Kira", "Leo", "Lotte", "Mara", "Milo", "Nils", "Nora", "Otto", "Pia",
    "Rosa", "Sven", "Tessa", "Theo", "Uma", "Viktor",
)  # fmt: skip
LAST_NAMES = (
    "Abel", "Berg", "Brook", "Costa", "Dahl", "Evans", "Fischer", "Frey", "Grant", "Hill", "Ito",
    "Jansen", "Klein", "Lund", "Marsh", "Novak", "Olsen", "Pohl", "Quist", "Reyes", "Sato",
    "Thorn", "Varga", "Weiss",
)  # fmt: skip
STREETS = (
    "Alder Street", "Birch Lane", "Canal Road", "Castle Street", "Cherry Lane", "Elm Street",
    "Garden Road", "Harbour Street", "Hill Road", "Lake Street", "Linden Avenue", "Maple Avenue",
    "Market Street", "Meadow Lane", "Mill Road", "North Street", "Orchard Lane", "River Road",
    "School Street", "Station Road", "Sunset Avenue", "Tower Street", "Valley Road", "Willow Lane",
)  # fmt: skip
CITIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Austria": ("Graz", "Linz", "Vienna"),
        "Denmark": ("Aarhus", "Copenhagen", "Odense"),
        "Ireland": ("Cork", "Dublin", "Galway"),
        "Portugal": ("Braga", "Lisbon", "Porto"),
        "Spain": ("Bilbao", "Madrid", "Seville"),
    }
)
FURTHER_COUNTRIES = (
    "Albania", "Argentina", "Australia", "Belgium", "Bosnia", "Brazil", "Bulgaria", "Canada",
    "Chile", "China", "Colombia", "Croatia", "Cyprus", "Czechia", "Czech Republic", "Egypt",
    "England", "Estonia", "Finland", "France", "Germany", "Greece", "Hungary", "Iceland", "India",
    "Indonesia", "Israel", "Italy", "Japan", "Kenya", "Latvia", "Liechtenstein", "Lithuania",
    "Luxembourg", "Malaysia", "Malta", "Mexico", "Moldova", "Monaco", "Montenegro", "Morocco",
    "Netherlands", "Holland", "New Zealand", "Nigeria", "North Macedonia", "Norway", "Pakistan",
    "Peru", "Philippines", "Poland", "Romania", "Russia", "Scotland", "Serbia", "Singapore",
    "Slovakia", "Slovenia", "South Africa", "South Korea", "Sweden", "Switzerland", "Thailand",
    "Tunisia", "Turkey", "Ukraine", "United Kingdom", "United States", "USA", "Vietnam", "Wales",
)  # fmt: skip
"""Where the shop does not deliver, for customers that are asked about it."""
