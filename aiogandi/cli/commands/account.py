"""``aiogandi account``: the prepaid account and its shares."""

import typer

from aiogandi.cli.commands.examples import examples
from aiogandi.cli.commands.options import Json
from aiogandi.cli.service.connection import Connection, Job
from aiogandi.cli.terminal.records import record_of

app = typer.Typer(help="The account: balance, shares, products.", no_args_is_help=True)


@app.command(epilog=examples("aiogandi account info --json"))
def info(json: Json = False) -> Job:
    """Show the hosting account: shares, those in use, products."""

    async def work(connection: Connection) -> int:
        account = record_of(await connection.gandi.hosting_account_info())
        screen = connection.screen
        facts = {
            "Account": "id",
            "Handle": "handle",
            "Shares": "shares",
            "In use": "used_shares",
        }
        screen.facts(account, facts)
        if not screen.as_json and account["products"]:
            screen.result("")
            columns = {
                "PRODUCT": "id",
                "NAME": "product_name",
                "QUANTITY": "quantity",
                "UNTIL": "date_end",
            }
            screen.rows(account["products"], columns)
        return 0

    return Job(work, as_json=json)


@app.command(epilog=examples("aiogandi account balance"))
def balance(json: Json = False) -> Job:
    """Show what is left on the prepaid account."""

    async def work(connection: Connection) -> int:
        amount = await connection.gandi.account_balance()
        currency = await connection.gandi.account_currency()
        if connection.screen.as_json:
            connection.screen.document({"balance": amount, "currency": currency})
        else:
            connection.screen.result(f"{amount:.2f} {currency}")
        return 0

    return Job(work, as_json=json)
