"""A broker in a process of its own, on its standard output its address: `python process.py FILE PORT`."""

import asyncio
import sys
from pathlib import Path

from lambdakit.emulator.queues import Broker


async def serve(path: Path, port: int) -> None:
    async with Broker(path, port) as broker:
        sys.stdout.write(f"{broker.address}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
