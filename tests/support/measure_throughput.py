"""One measurement of a line, printed as JSON: ``python -m tests.support.measure_throughput URL TOKEN``, for a namespace."""

import asyncio
import json
import sys

from agent.path.throughput import Refusal, ThroughputProbe
from campus.ids import AgentId, SiteId
from campus.secret import Secret
from campus.topics import Address

if __name__ == "__main__":
    address = Address(SiteId("no-1-primary"), AgentId("no-1-primary"))
    told = asyncio.run(ThroughputProbe(sys.argv[1], Secret(sys.argv[2]), None, address, 8 << 20, 1e9).measure())
    print(json.dumps({"refused": told.reason} if isinstance(told, Refusal) else vars(told)))  # noqa: T201
