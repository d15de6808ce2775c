"""Score Grand Challenge's cases one after the other, as a server: API method invoke.

GET /health is 200 once the nets are loaded, 503 before. POST /invoke scores the case that lies in
the input folder then, and answers 201; 422 for a refused scan, with the reason's slug, 400 where
there is not one scan, 409 while another case is being scored, 500 when the machine fails. It takes
nothing from the request. SIGTERM ends it after the case in progress.

Research use, not a medical device.
"""

import argparse
import socket
import sys
from collections.abc import Callable

from pylayers.command_line.exit_codes import complain, run
from pylayers.errors import UsageError
from tools.container.challenge_case import FILES, add_case_options
from tools.container.invoke_app import Answer, InvokeApp, answer_case
from tools.scoring.chosen_runs import chosen_runs, device, weights_note
from tools.scoring.scorer import Scorer
from tools.training.trained_run import load_trained
from tools.training.trained_variant import check_plain

MOST_CONNECTIONS = 64
MOST_HEADER_BYTES = 16384


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=f"{__doc__}{FILES}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_case_options(p)
    p.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on; 0.0.0.0 is all of a container's (default: %(default)s)",
    )
    p.add_argument(
        "--port",
        type=int,
        default=4743,
        help="default: %(default)s, Grand Challenge's; 0 takes a free one",
    )
    return p


def serve(args: argparse.Namespace) -> None:
    """Serve until a signal ends it; raises WeightsError when the nets cannot be loaded."""
    import uvicorn

    gpu = device(args.device)
    folders = chosen_runs(args.weights)
    check_plain(folders, "Grand Challenge")

    def load() -> Callable[[], Answer]:
        runs = [load_trained(folder) for folder in folders]
        scorers = [Scorer(run, gpu) for run in runs]
        complain(f"note: {weights_note(runs)}")
        return lambda: answer_case(args.input, args.output, scorers)

    with listening_socket(args.host, args.port) as listening:
        host, port = listening.getsockname()[:2]
        complain(f"note: listening on {host}:{port}")
        app = InvokeApp(load)
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                lifespan="off",
                loop="asyncio",
                log_config=None,  # its warnings go to stderr
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=MOST_CONNECTIONS,
                h11_max_incomplete_event_size=MOST_HEADER_BYTES,
            )
        )

        def stop_if_unusable(loaded: object) -> None:
            server.should_exit = server.should_exit or app.loaded.exception() is not None

        app.loaded.add_done_callback(stop_if_unusable)
        server.run(sockets=[listening])
    app.loaded.result()


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to an address; UsageError when that cannot be."""
    try:
        return socket.create_server((host, port))
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"--host {host} --port {port} cannot be listened on: {why}") from None


def main(argv: list[str] | None = None) -> None:
    """Run the program."""
    serve(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))
