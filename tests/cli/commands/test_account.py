"""``aiogandi account``, ``product`` and ``os``."""

import json
import subprocess
import sys


def test_the_account_is_shown_for_people_and_for_programs(aiogandi, serving):
    service = serving(shares=20)
    service.vms("web")
    done = aiogandi("account", "info", service=service)
    assert done.code == 0
    words = done.out.split()
    assert words[words.index("Shares") + 1] == "20"
    assert "shares" in words
    account = aiogandi("account", "info", "--json", service=service).json
    assert (account["shares"], account["used_shares"]) == (20, 1)
    assert account["products"][0]["product_name"] == "shares"


def test_the_balance_is_shown_with_its_currency(aiogandi, serving):
    service = serving(balance=12.5, currency="CHF")
    assert aiogandi("account", "balance", service=service).out == "12.50 CHF\n"
    done = aiogandi("account", "balance", "--json", service=service)
    assert done.json == {"balance": 12.5, "currency": "CHF"}


def test_systems_are_listed(aiogandi, service):
    assert "111  Debian GNU/Linux 5" in aiogandi("os", "list", service=service).out
    done = aiogandi("os", "list", "--json", service=service)
    assert done.json[0] == {"id": 111, "label": "Debian GNU/Linux 5"}


def test_the_document_is_json_to_another_program_too(process, service):
    done = process("os", "list", "--json", service=service)
    tool = subprocess.run(
        [sys.executable, "-m", "json.tool"],
        check=True, input=done.out, capture_output=True, text=True,
    )  # fmt: skip
    assert json.loads(tool.stdout) == done.json


def test_products_are_bought_renewed_changed_and_given_up(aiogandi, serving):
    service = serving(speed=1000, shares=0, balance=1000.0)
    done = aiogandi("product", "add", "shares", 10, "--duration", "1m", "--json", service=service)
    assert done.code == 0
    product_id = service.do("products")[0]["id"]
    assert aiogandi("product", "renew", product_id, "--duration", "1m", service=service).code == 0
    done = aiogandi(
        "product", "update", "--match", "shares", "--quantity", 12, "--json", service=service
    )
    assert done.code == 0
    assert done.json[0]["product_name"] == "shares"
    assert service.do("total_shares") == 12
    assert aiogandi("product", "remove", "--all", "-y", service=service).code == 0
    assert service.do("products") == []


def test_what_the_account_cannot_pay_is_refused(aiogandi, serving):
    service = serving(balance=1.0)
    done = aiogandi("product", "add", "shares", 10, "--duration", "1m", service=service)
    assert done.code == 1
    assert "aiogandi: product 10 shares: " in done.err
    assert "DataError: the balance is too low" in done.err
