"""Is there a Dask scheduler at an address? Asked before Dask's client is, which would try on."""

import asyncio
import json
import re
from pathlib import Path

from pylayers.errors import UsageError, printable

CONNECT_S = 5.0


def scheduler_address(text: str) -> str:
    """Return the address that --scheduler names, where a scheduler answers; else UsageError.

    text: the address, or a file that `dask scheduler --scheduler-file` wrote. TLS is as Dask's own
    configuration says.
    """
    address = _address_in(Path(text)) if Path(text).is_file() else text
    if not re.fullmatch(r"((tcp|tls)://)?[^/]+:\d{1,5}", address):
        raise UsageError(
            f"--scheduler {text}: not HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT or a file that "
            "`dask scheduler --scheduler-file` wrote"
        )
    try:
        kind = asyncio.run(asyncio.wait_for(_kind_at(address), CONNECT_S))
    except TimeoutError:
        why = f"nothing answers within {CONNECT_S:g} s"
    # MemoryError and the last three: of an answer by another protocol
    except (OSError, MemoryError, RuntimeError, TypeError, ValueError) as error:
        why = printable(str(error).splitlines()[0]) if str(error) else type(error).__name__
    else:
        if kind == "Scheduler":
            return address
        why = f"it is a {kind}"
    raise UsageError(f"--scheduler {text}: no Dask scheduler answers: {why}")


def _address_in(file: Path) -> str:
    try:
        return str(json.loads(file.read_text())["address"])
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(f"--scheduler {file} is not a Dask scheduler's file") from None


async def _kind_at(address: str) -> str:
    """Return what kind of Dask server answers at an address."""
    from distributed.comm import connect
    from distributed.security import Security

    how = Security().get_connection_args("client")
    comm = await connect(address, timeout=2 * CONNECT_S, **how)  # given up before
    try:
        await comm.write({"op": "identity"})
        return printable(str((await comm.read())["type"]))
    finally:
        comm.abort()
