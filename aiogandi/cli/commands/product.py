"""``aiogandi product``: what the account has bought, for example shares."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from typing import Annotated, Any, Final

import typer

import aiogandi
from aiogandi.calls import arguments
from aiogandi.cli.batch.change import BatchChange, carry_out, each
from aiogandi.cli.batch.items import Item, Target, Waiting, Wording
from aiogandi.cli.batch.lot import Step
from aiogandi.cli.batch.report import Report, report_of
from aiogandi.cli.batch.selection import Kind
from aiogandi.cli.commands.change import change_command
from aiogandi.cli.commands.examples import examples
from aiogandi.cli.commands.options import JournalFile, Json, NoWait, RunName, Timeout
from aiogandi.cli.service.connection import Connection, Job
from aiogandi.cli.service.state import Record
from aiogandi.operations.operation import Operation

app = typer.Typer(help="Products of the account: shares.", no_args_is_help=True)

REPORT: Final = report_of("product_id", "product_name", "PRODUCT")


async def _ids(gandi: aiogandi.Gandi) -> list[int]:
    account = await gandi.hosting_account_info()
    return [product.id for product in account.products or () if product.id is not None]


async def _name(gandi: aiogandi.Gandi, product_id: int) -> str | None:
    account = await gandi.hosting_account_info()
    names = {product.id: product.product_name for product in account.products or ()}
    return names.get(product_id)


KIND: Final = Kind("product", _ids, _name, "shares*")
_change = partial(change_command, app, KIND, REPORT)

DurationOption = Annotated[
    str,
    typer.Option(metavar="TIME", help="For how long: 1m is a month, 2y are two years."),
]
Quantity = Annotated[int, typer.Argument(metavar="QUANTITY", min=1, help="How much.")]


@app.command(epilog=examples("aiogandi product add shares 100 --duration 1m"))
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The product: shares.")],
    quantity: Quantity,
    duration: DurationOption,
    no_wait: NoWait = False,
    timeout: Timeout = None,
    run: RunName = None,
    journal: JournalFile = None,
    json: Json = False,
) -> Job:
    """Buy a product, from the prepaid account's balance."""
    arguments.duration(duration)
    waiting = Waiting.of(no_wait, timeout)

    async def work(connection: Connection) -> int:
        async def act(_item: Item, step: Step) -> None:
            await step(connection.gandi.hosting_account_product_add, name, quantity, duration)

        return await carry_out(
            connection,
            [Target(0, f"{quantity} {name}", key=name)],
            act,
            Wording("Add", "Adding", "added", "product"),
            waiting,
            Report(record, REPORT.columns),
        )

    def record(item: Item) -> dict[str, Any]:
        product_id = item.operation.product_id if item.operation else None
        return {"product_id": product_id, "product_name": name, **item.record()}

    return Job(work, as_json=json, record=Record.of(run, journal))


@_change(
    Wording("Renew", "Renewing", "renewed", "product"),
    epilog=examples("aiogandi product renew 101 102 --duration 1m"),
)
def renew(duration: DurationOption) -> BatchChange:
    """Keep products for longer."""
    arguments.duration(duration)

    def call(gandi: aiogandi.Gandi, product_id: int) -> Awaitable[Operation]:
        return gandi.hosting_account_product_renew(product_id, duration)

    return each(call)


@_change(
    Wording("Update", "Updating", "updated", "product"),
    epilog=examples("aiogandi product update 101 --quantity 200"),
)
def update(
    quantity: Annotated[
        int, typer.Option(metavar="N", min=1, help="The quantity that each shall have.")
    ],
) -> BatchChange:
    """Change the quantity of products."""

    def call(gandi: aiogandi.Gandi, product_id: int) -> Awaitable[Operation]:
        return gandi.hosting_account_product_update(product_id, quantity)

    return each(call)


@_change(
    Wording("Remove", "Removing", "removed", "product"),
    epilog=examples("aiogandi product remove 101"),
)
def remove() -> BatchChange:
    """Give products up."""
    return each(aiogandi.Gandi.hosting_account_product_remove)
