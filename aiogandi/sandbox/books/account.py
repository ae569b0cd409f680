"""The prepaid account: its balance and its hosting products.

*Assumed*, but for the balance and its currency: a share costs `SHARE_PRICE` a month; a month has 30 days,
a year 365. Nothing happens on the day on which a product ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aiogandi.sandbox.books.faults import Cause, Subject, data_fault

if TYPE_CHECKING:
    from aiogandi.sandbox.books.clock import ServiceClock
    from aiogandi.sandbox.books.shares import SharePool

ONLY_PRODUCT: Final = "shares"
"""The only product that is sold (*assumed*: it is the only one in the provider's samples)."""

SHARE_PRICE: Final = 1.0
"""What one share costs for one month, in the account's currency (*assumed*)."""

LONGEST_MONTHS: Final = 120
"""The most months that can be bought at once (*assumed*)."""

DAY: Final = 86_400.0
"""Seconds."""

FIRST_PRODUCT: Final = 101
"""The id of the first product; each further one has the next number (*assumed*)."""

_DURATION = re.compile(r"([0-9]{1,4})([my])")


class Duration(NamedTuple):
    """How long a product lasts: ``1m`` is 30 days, ``1y`` is 365 days at the price of twelve months
    (*assumed*, but for the form of ``1m``).
    """

    text: str
    months: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Return the duration that *text* (``<number>m`` or ``<number>y``) means, or raise ValueError."""
        found = _DURATION.fullmatch(text)
        if found is None:
            raise ValueError(text)
        number = int(found[1])
        if found[2] == "y":
            return cls(text, 12 * number, 365 * DAY * number)
        return cls(text, number, 30 * DAY * number)

    def is_sold(self) -> bool:
        """Return whether this much time can be bought at once."""
        return 1 <= self.months <= LONGEST_MONTHS


@dataclass(slots=True)
class ProductRecord:
    """A product that was bought. *ends* is a moment on the service's clock."""

    id: int
    name: str
    quantity: int
    ends: float


class Account:
    """The balance, the products and the shares of one account."""

    def __init__(
        self,
        clock: ServiceClock,
        shares: SharePool,
        *,
        handle: str,
        balance: float,
        currency: str,
    ) -> None:
        self._clock = clock
        self.shares = shares
        self._handle = handle
        self._balance = float(balance)
        self._currency = currency
        self.products: dict[int, ProductRecord] = {}
        if shares.total:
            first = ProductRecord(FIRST_PRODUCT, ONLY_PRODUCT, shares.total, 365 * DAY)
            self.products[first.id] = first

    def currency(self) -> str:
        """``account_currency``: return the currency, like EUR."""
        return self._currency

    def balance(self) -> float:
        """``account_balance``: return the balance, in the account's currency."""
        return self._balance

    def info(self) -> dict[str, Any]:
        """``hosting_account_info``: return the account's struct (fields *assumed*)."""
        return {
            "id": 1,
            "handle": self._handle,
            "shares": self.shares.total,
            "used_shares": self.shares.used,
            "products": self.products_list(),
        }

    def products_list(self) -> list[dict[str, Any]]:
        """Return the products as `info` does."""
        return [
            {
                "id": product.id,
                "product_name": product.name,
                "quantity": product.quantity,
                "date_end": self._clock.date(product.ends),
            }
            for product in self.products.values()
        ]

    def charge(self, price: float, element: str, value: object) -> None:
        """Take *price* off the balance, or raise the fault that the balance is too low."""
        if price > self._balance:
            raise data_fault(Subject.PREPAID, Cause.MONEY, "the balance is too low", element, value)
        self._balance -= price

    def refund(self, price: float) -> None:
        """Add *price* to the balance again."""
        self._balance += price

    def product(self, product_id: int) -> ProductRecord:
        """Return the product with this id, or raise the fault that there is none."""
        product = self.products.get(product_id)
        if product is None:
            raise data_fault(
                Subject.PRODUCT, Cause.EXISTENCE, "no such product", "product_id", product_id
            )
        return product
