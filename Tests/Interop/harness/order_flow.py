"""For schemathesis (SCHEMATHESIS_HOOKS): who asks for what in a sale, and the merchant's signature.

Runs in schemathesis' process. The environment says how: HAWKER_HOST, HAWKER_BUYER and HAWKER_SERVICE are tokens,
HAWKER_SECRET signs callbacks.
"""

import datetime
import itertools
import os

import schemathesis
from standardwebhooks.webhooks import Webhook

BUYERS = {
    "setCart", "applyVoucher", "checkout", "cancelOrder", "getOrders", "claim", "leaveDrop", "bid", "releaseHold",
    "getWallet", "gift", "buyCoins",
}
numbers = itertools.count(1)


def token(operation):
    return os.environ["HAWKER_BUYER" if operation in BUYERS else "HAWKER_HOST"]


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
