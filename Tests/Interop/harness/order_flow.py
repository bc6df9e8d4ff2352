"""For schemathesis (SCHEMATHESIS_HOOKS): who asks for what in a sale, and the merchant's signature.

Runs in schemathesis' process. The environment says how: HAWKER_HOST is a token, HAWKER_BUYERS are some, apart by
spaces, HAWKER_SECRET signs callbacks, HAWKER_COUNTS is the file that says which answers there were.
"""

import atexit
import collections
import datetime
import itertools
import json
import os

import schemathesis
from standardwebhooks.webhooks import Webhook

BUYERS = {
    "setCart", "applyVoucher", "checkout", "cancelOrder", "getOrders", "claim", "leaveDrop", "bid", "releaseHold",
    "getWallet", "gift", "buyCoins",
}
# A buyer may ask a few times a second, schemathesis asks a hundred times: the next one comes as soon as one has asked
# too often, or has nothing left to order.
TOO_OFTEN, CANNOT = 429, 422
numbers = itertools.count(1)
buyers = itertools.cycle(os.environ["HAWKER_BUYERS"].split())
buyer = next(buyers)
answers = collections.Counter()


def token(operation):
    return buyer if operation in BUYERS else os.environ["HAWKER_HOST"]


@schemathesis.hook
def before_call(context, case, kwargs):
    operation = case.operation.definition.raw["operationId"]

    def authorize(request):
        """Called with the request as it is sent."""
        if operation == "receiveCallback":
            body = request.body or b""
            identifier, now = f"evt_flow_{next(numbers)}", datetime.datetime.now(datetime.timezone.utc)
            webhook = Webhook(os.environ["HAWKER_SECRET"])
            request.headers["webhook-id"] = identifier
            request.headers["webhook-timestamp"] = str(int(now.timestamp()))
            text = body.decode() if isinstance(body, bytes) else body
            request.headers["webhook-signature"] = webhook.sign(identifier, now, text)
            request.headers.pop("Authorization", None)
        else:
            request.headers["Authorization"] = f"Bearer {token(operation)}"
        return request

    kwargs["auth"] = authorize


@schemathesis.hook
def after_call(context, case, response):
    global buyer
    operation, status = case.operation.definition.raw["operationId"], response.status_code
    answers[f"{operation} {status}"] += 1
    if status == TOO_OFTEN or (operation == "checkout" and status == CANNOT):
        buyer = next(buyers)


@atexit.register
def count():
    with open(os.environ["HAWKER_COUNTS"], "w") as file:
        json.dump(answers, file, indent=1, sort_keys=True)
