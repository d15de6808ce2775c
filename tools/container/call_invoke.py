"""Call a server of cases as Grand Challenge does: wait for /health, then have one case scored."""

import argparse
import http.client
import sys
import time

# Of the script that Grand Challenge generates for trying an algorithm (do_test_run.sh, 2026).
HEALTH_TRIES, HEALTH_PAUSE_S, HEALTH_LIMIT_S = 30, 5.0, 10.0
INVOKE_LIMIT_S = 300.0


def status_of(port: int, method: str, path: str, limit_s: float) -> int:
    """Return the HTTP status of a call to this machine's `port`; 0 when there is no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=limit_s)
    try:
        connection.request(method, path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def is_healthy(port: int, pause_s: float = HEALTH_PAUSE_S) -> bool:
    """Wait for a server to load; return whether it became healthy in time."""
    for _ in range(HEALTH_TRIES):
        if status_of(port, "GET", "/health", HEALTH_LIMIT_S) == 200:
            return True
        time.sleep(pause_s)
    return False


def main(argv: list[str] | None = None) -> int:
    """Have one case scored; return 0, or 1 when that failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=4743, help="default: %(default)s")
    args = parser.parse_args(argv)
    if not is_healthy(args.port):
        print("the server did not become healthy", file=sys.stderr)
        return 1
    status = status_of(args.port, "POST", "/invoke", INVOKE_LIMIT_S)
    print(f"/invoke answered {status}")
    return 0 if status == 201 else 1


if __name__ == "__main__":
    sys.exit(main())
