"""Open cards of which somebody is to be told, and the digests that tell them."""

from casework.store.cards.digests import Draft, mark_refused, mark_sent, open_digest
from casework.store.cards.open_cards import Audience, CardKey, OpenCard, has_news, open_cards
from casework.store.cards.unknown import unknown_holders

__all__ = [
    "Audience",
    "CardKey",
    "Draft",
    "OpenCard",
    "has_news",
    "mark_refused",
    "mark_sent",
    "open_cards",
    "open_digest",
    "unknown_holders",
]
