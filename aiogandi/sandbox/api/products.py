"""The calls about the account's hosting products.

*Assumed*: a product is paid when the call is accepted, and refunded when its operation fails or is
cancelled. A larger quantity of a product is paid for one month; a smaller one is not refunded.
"""

from __future__ import annotations

from itertools import count
from typing import Any, Final

from aiogandi.sandbox.books.account import (
    FIRST_PRODUCT,
    SHARE_PRICE,
    Account,
    Duration,
    ProductRecord,
)
from aiogandi.sandbox.books.faults import Cause, ServiceFault, Subject, data_fault
from aiogandi.sandbox.books.operation import Work
from aiogandi.sandbox.books.operations import Operations

_IN_USE: Final = "the product's shares are in use"


class Products:
    """Products are added, renewed, updated and removed here."""

    def __init__(self, operations: Operations, account: Account) -> None:
        self._operations = operations
        self._account = account
        self._ids = count(FIRST_PRODUCT + len(account.products))

    def add(self, name: str, quantity: int, duration: Duration) -> int:
        """``hosting_account_product_add``: return the operation's id. The product exists once
        the operation is DONE.
        """
        price = quantity * duration.months * SHARE_PRICE
        self._account.charge(price, "quantity", quantity)
        product = ProductRecord(next(self._ids), name, quantity, duration.seconds)
        params = {
            "product_name": name,
            "quantity": quantity,
            "duration": duration.text,
            "product_id": product.id,
        }
        return self._begin("add", params, _Addition(self._account, product, price))

    def renew(self, product_id: int, duration: Duration) -> int:
        """``hosting_account_product_renew``: return the operation's id."""
        product = self._account.product(product_id)
        price = product.quantity * duration.months * SHARE_PRICE
        self._account.charge(price, "duration", duration.text)
        params = {"product_id": product_id, "duration": duration.text}
        return self._begin(
            "renew", params, _Renewal(self._account, product, price, duration.seconds)
        )

    def remove(self, product_id: int) -> int:
        """``hosting_account_product_remove``: return the operation's id. It is refused
        while the product's shares are in use (*assumed*).
        """
        product = self._account.product(product_id)
        refusal = data_fault(Subject.PRODUCT, Cause.STATE, _IN_USE, "product_id", product_id)
        work = _Resize(self._account, product, 0, refusal)
        return self._begin("remove", {"product_id": product_id}, work)

    def update(self, product_id: int, quantity: int) -> int:
        """``hosting_account_product_update``: return the operation's id. It is refused
        where it leaves less than the shares in use. *quantity* is the new one, all told, and not what is
        added (both *assumed*).
        """
        product = self._account.product(product_id)
        refusal = data_fault(Subject.QUANTITY, Cause.STATE, _IN_USE, "quantity", quantity)
        work = _Resize(self._account, product, quantity, refusal)
        return self._begin("update", {"product_id": product_id, "quantity": quantity}, work)

    def _begin(self, what: str, params: dict[str, Any], work: Work) -> int:
        thing = ("product", params["product_id"])
        return self._operations.begin(f"hosting_account_product_{what}", params, work, thing)


class _Addition(Work):
    def __init__(self, account: Account, product: ProductRecord, price: float) -> None:
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
    def __init__(
        self, account: Account, product: ProductRecord, price: float, longer: float
    ) -> None:
        self._account = account
        self._product = product
        self._price = price
        self._longer = longer

    def obstacle(self) -> ServiceFault | None:
        return _gone(self._account, self._product)

    def done(self, at: float) -> None:
        del at
        self._product.ends += self._longer

    def failed(self, at: float) -> None:
        del at
        self._account.refund(self._price)


class _Resize(Work):
    """A new quantity for a product; 0 removes it. The money for more shares, or the promise that
    shares will leave, is taken when the call is accepted. *refusal* is for shares that are in use.
    """

    def __init__(
        self, account: Account, product: ProductRecord, quantity: int, refusal: ServiceFault
    ) -> None:
        self._account = account
        self._product = product
        self._quantity = quantity
        self._refusal = refusal
        self._paid = 0.0
        self._leaving = 0
        self._reserve()

    def obstacle(self) -> ServiceFault | None:
        if gone := _gone(self._account, self._product):
            return gone
        # An operation before this one may have changed the quantity since the call.
        self._release()
        try:
            self._reserve()
        except ServiceFault as fault:
            return fault
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
            self._account.charge(price, "quantity", self._quantity)
            self._paid = price
        elif self._account.shares.mark_leaving(-growth):
            self._leaving = -growth
        else:
            raise self._refusal

    def _release(self) -> None:
        self._account.refund(self._paid)
        self._account.shares.stay(self._leaving)
        self._paid = 0.0
        self._leaving = 0


def _gone(account: Account, product: ProductRecord) -> ServiceFault | None:
    try:
        account.product(product.id)
    except ServiceFault as fault:
        return fault
    return None
