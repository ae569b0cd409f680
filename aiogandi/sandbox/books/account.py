"""The prepaid account and its hosting products.

*Assumed*: a share costs `SHARE_PRICE` a month, is paid when the call is accepted and refunded when
its operation fails or is cancelled; more of a running product costs one month; fewer is not
refunded. A product's end is told but nothing happens on that day. A month has 30 days, a year 365.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aiogandi.sandbox.books.faults import Cause, ServiceFault, Subject, data_fault
from aiogandi.sandbox.books.operations import Operations, Work

if TYPE_CHECKING:
    from aiogandi.sandbox.books.clock import ServiceClock
    from aiogandi.sandbox.books.shares import SharePool

ONLY_PRODUCT: Final = "shares"
"""The only product there is (the one of the provider's samples)."""

SHARE_PRICE: Final = 1.0
"""What one share costs for one month, in the account's currency (*assumed*)."""

LONGEST: Final = 120
"""Months that can be bought at once (*assumed*)."""

DAY: Final = 86_400.0

_DURATION = re.compile(r"([0-9]{1,4})([my])")


class Duration(NamedTuple):
    """``1m`` (30 days) or ``1y`` (365 days, the price of twelve months; *assumed*)."""

    text: str
    months: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read ``<number>m`` or ``<number>y``, or raise ValueError."""
        found = _DURATION.fullmatch(text)
        if found is None:
            raise ValueError(text)
        number = int(found[1])
        if found[2] == "y":
            return cls(text, 12 * number, 365 * DAY * number)
        return cls(text, number, 30 * DAY * number)

    def is_sold(self) -> bool:
        """Whether this much time can be bought at once."""
        return 1 <= self.months <= LONGEST


@dataclass(slots=True)
class Product:
    """A bought product; *ends* is a moment of the service's clock."""

    id: int
    name: str
    quantity: int
    ends: float


class Account:
    """The balance, the products, and the calls that change them."""

    def __init__(
        self,
        operations: Operations,
        clock: ServiceClock,
        shares: SharePool,
        *,
        handle: str,
        balance: float,
        currency: str,
    ) -> None:
        self._operations = operations
        self._clock = clock
        self.shares = shares
        self._handle = handle
        self._balance = float(balance)
        self._currency = currency
        self._ids = count(101)
        self.products: dict[int, Product] = {}
        if shares.total:
            self.products[101] = Product(next(self._ids), ONLY_PRODUCT, shares.total, 365 * DAY)

    def currency(self) -> str:
        """``account_currency``."""
        return self._currency

    def balance(self) -> float:
        """``account_balance``."""
        return self._balance

    def info(self) -> dict[str, Any]:
        """``hosting_account_info`` (fields *assumed*)."""
        return {
            "id": 1,
            "handle": self._handle,
            "shares": self.shares.total,
            "used_shares": self.shares.used,
            "products": self.products_list(),
        }

    def products_list(self) -> list[dict[str, Any]]:
        """The products, as `info` tells them."""
        return [
            {
                "id": product.id,
                "product_name": product.name,
                "quantity": product.quantity,
                "date_end": self._clock.date(product.ends),
            }
            for product in self.products.values()
        ]

    def product_add(self, name: str, quantity: int, duration: Duration) -> int:
        """``hosting_account_product_add``; the product is there when the operation is DONE."""
        price = quantity * duration.months * SHARE_PRICE
        self.charge(price, "quantity", quantity)
        product = Product(next(self._ids), name, quantity, duration.seconds)
        params = {
            "product_name": name,
            "quantity": quantity,
            "duration": duration.text,
            "product_id": product.id,
        }
        return self._begin("add", params, _Addition(self, product, price))

    def product_renew(self, product_id: int, duration: Duration) -> int:
        """``hosting_account_product_renew``."""
        product = self._product(product_id)
        price = product.quantity * duration.months * SHARE_PRICE
        self.charge(price, "duration", duration.text)
        params = {"product_id": product_id, "duration": duration.text}
        return self._begin("renew", params, _Renewal(self, product, price, duration.seconds))

    def product_remove(self, product_id: int) -> int:
        """``hosting_account_product_remove``: refused while its shares are in use (*assumed*)."""
        work = _Resize(self, self._product(product_id), 0, "product_id")
        return self._begin("remove", {"product_id": product_id}, work)

    def product_update(self, product_id: int, quantity: int) -> int:
        """``hosting_account_product_update``: never below the shares in use (*assumed*)."""
        work = _Resize(self, self._product(product_id), quantity, "quantity")
        return self._begin("update", {"product_id": product_id, "quantity": quantity}, work)

    def charge(self, price: float, element: str, value: object) -> None:
        """Take *price* off the balance, or raise the fault that it is too low."""
        if price > self._balance:
            raise data_fault(Subject.PREPAID, Cause.STATE, "the balance is too low", element, value)
        self._balance -= price

    def refund(self, price: float) -> None:
        """Give *price* back."""
        self._balance += price

    def _begin(self, what: str, params: dict[str, Any], work: Work) -> int:
        thing = ("product", params["product_id"])
        return self._operations.begin(f"hosting_account_product_{what}", params, work, thing)

    def _product(self, product_id: int) -> Product:
        product = self.products.get(product_id)
        if product is None:
            raise data_fault(
                Subject.PRODUCT, Cause.EXISTENCE, "no such product", "product_id", product_id
            )
        return product


class _Addition(Work):
    def __init__(self, account: Account, product: Product, price: float) -> None:
        self._account = account
        self._product = product
        self._price = price

    def done(self, at: float) -> None:
        self._product.ends += at
        self._account.products[self._product.id] = self._product
        self._account.shares.add(self._product.quantity)

    def failed(self, at: float) -> None:
        del at
        self._account.refund(self._price)


class _Renewal(Work):
    def __init__(self, account: Account, product: Product, price: float, longer: float) -> None:
        self._account = account
        self._product = product
        self._price = price
        self._longer = longer

    def obstacle(self) -> str | None:
        return _gone(self._account, self._product)

    def done(self, at: float) -> None:
        del at
        self._product.ends += self._longer

    def failed(self, at: float) -> None:
        del at
        self._account.refund(self._price)


class _Resize(Work):
    """A new quantity for a product; 0 removes it. What it needs is reserved from the call on."""

    def __init__(self, account: Account, product: Product, quantity: int, element: str) -> None:
        self._account = account
        self._product = product
        self._quantity = quantity
        self._element = element
        self._paid = 0.0
        self._leaving = 0
        self._reserve()

    def obstacle(self) -> str | None:
        if gone := _gone(self._account, self._product):
            return gone
        # An operation before this one may have changed the quantity since the call.
        self._release()
        try:
            self._reserve()
        except ServiceFault as fault:
            return fault.message
        return None

    def done(self, at: float) -> None:
        del at
        shares = self._account.shares
        shares.leave(self._leaving)
        shares.add(max(0, self._quantity - self._product.quantity))
        self._product.quantity = self._quantity
        if not self._quantity:
            del self._account.products[self._product.id]

    def failed(self, at: float) -> None:
        del at
        self._release()

    def _reserve(self) -> None:
        growth = self._quantity - self._product.quantity
        if growth > 0:
            price = growth * SHARE_PRICE
            self._account.charge(price, self._element, self._quantity)
            self._paid = price
        else:
            self._account.shares.mark_leaving(-growth, self._element)
            self._leaving = -growth

    def _release(self) -> None:
        self._account.refund(self._paid)
        self._account.shares.stay(self._leaving)
        self._paid = 0.0
        self._leaving = 0


def _gone(account: Account, product: Product) -> str | None:
    if product.id in account.products:
        return None
    return f"product {product.id} was removed"
