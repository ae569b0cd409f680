"""``aiogandi product``: what the account has bought, shares say."""

from collections.abc import Awaitable
from typing import Annotated, Any, Final

import typer

from aiogandi.calls import arguments
from aiogandi.cli.batch.change import Report, carry_out, change_selected, each, report_of
from aiogandi.cli.batch.items import Item, Waiting, Wording
from aiogandi.cli.batch.lot import Step
from aiogandi.cli.batch.selection import Kind, Selection, Target
from aiogandi.cli.connection import Connection, with_service
from aiogandi.cli.examples import examples
from aiogandi.cli.options import Everything, Ids, Json, Match, NoWait, Timeout, Yes
from aiogandi.client import Gandi
from aiogandi.operations.operation import Operation

app = typer.Typer(help="Products of the account: shares.", no_args_is_help=True)

REPORT: Final = report_of("product_id", "product_name", "PRODUCT")


async def _ids(gandi: Gandi) -> list[int]:
    account = await gandi.hosting_account_info()
    return [product.id for product in account.products or () if product.id is not None]


async def _name(gandi: Gandi, product_id: int) -> str | None:
    account = await gandi.hosting_account_info()
    names = {product.id: product.product_name for product in account.products or ()}
    return names.get(product_id)


KIND: Final = Kind("product", _ids, _name)


Duration = Annotated[
    str,
    typer.Option(metavar="TIME", help="For how long: 1m is a month, 2y are two years."),
]
Quantity = Annotated[int, typer.Argument(metavar="QUANTITY", min=1, help="How much.")]


@app.command(epilog=examples("aiogandi product add shares 100 --duration 1m"))
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The product: shares.")],
    quantity: Quantity,
    duration: Duration,
    no_wait: NoWait = False,
    timeout: Timeout = None,
    json: Json = False,
) -> int:
    """Buy a product, from the prepaid account's balance."""
    arguments.duration(duration)
    waiting = Waiting.of(no_wait, timeout)

    async def work(connection: Connection) -> int:
        async def act(_item: Item, step: Step) -> None:
            await step(connection.gandi.hosting_account_product_add, name, quantity, duration)

        return await carry_out(
            connection,
            [Target(0, f"{quantity} {name}")],
            act,
            Wording("Add", "Adding", "added", "product"),
            waiting,
            Report(record, REPORT.columns),
        )

    def record(item: Item) -> dict[str, Any]:
        product_id = item.operation.product_id if item.operation else None
        return {"product_id": product_id, "product_name": name, **item.record()}

    return with_service(work, as_json=json)


@app.command(epilog=examples("aiogandi product renew 101 102 --duration 1m"))
def renew(
    duration: Duration,
    ids: Ids = None,
    match: Match = None,
    everything: Everything = False,
    yes: Yes = False,
    no_wait: NoWait = False,
    timeout: Timeout = None,
    json: Json = False,
) -> int:
    """Keep products for longer."""
    arguments.duration(duration)

    def call(gandi: Gandi, product_id: int) -> Awaitable[Operation]:
        return gandi.hosting_account_product_renew(product_id, duration)

    wording = Wording("Renew", "Renewing", "renewed", "product")
    selection = Selection(ids, match, everything, yes)
    waiting = Waiting.of(no_wait, timeout)
    return change_selected(selection, KIND, each(call), wording, waiting, REPORT, as_json=json)


@app.command(epilog=examples("aiogandi product update 101 --quantity 200"))
def update(
    quantity: Annotated[
        int, typer.Option(metavar="N", min=1, help="How much of each there shall be, all told.")
    ],
    ids: Ids = None,
    match: Match = None,
    everything: Everything = False,
    yes: Yes = False,
    no_wait: NoWait = False,
    timeout: Timeout = None,
    json: Json = False,
) -> int:
    """Have more or less of products."""

    def call(gandi: Gandi, product_id: int) -> Awaitable[Operation]:
        return gandi.hosting_account_product_update(product_id, quantity)

    wording = Wording("Update", "Updating", "updated", "product")
    selection = Selection(ids, match, everything, yes)
    waiting = Waiting.of(no_wait, timeout)
    return change_selected(selection, KIND, each(call), wording, waiting, REPORT, as_json=json)


@app.command(epilog=examples("aiogandi product remove 101"))
def remove(
    ids: Ids = None,
    match: Match = None,
    everything: Everything = False,
    yes: Yes = False,
    no_wait: NoWait = False,
    timeout: Timeout = None,
    json: Json = False,
) -> int:
    """Give products up."""
    wording = Wording("Remove", "Removing", "removed", "product")
    selection = Selection(ids, match, everything, yes)
    waiting = Waiting.of(no_wait, timeout)
    call = Gandi.hosting_account_product_remove
    return change_selected(selection, KIND, each(call), wording, waiting, REPORT, as_json=json)
