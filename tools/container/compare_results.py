"""Compares what an image computed with what the host computed from the same scans and weights."""

import argparse
import json
import math
import sys
from pathlib import Path


def differences(host: object, image: object, tolerance: float, name: str = "") -> list[str]:
    """Return a line for each value that differs by more than `tolerance`, relative to the host's.

    host, image: what json.loads returns.
    """
    if isinstance(host, dict) and isinstance(image, dict) and host.keys() == image.keys():
        pairs = [(f"{name} {key}", host[key], image[key]) for key in host]
    elif isinstance(host, list) and isinstance(image, list) and len(host) == len(image):
        pairs = [(f"{name}[{i}]", *both) for i, both in enumerate(zip(host, image, strict=True))]
    elif isinstance(host, float) and isinstance(image, float):
        equal = math.isclose(host, image, rel_tol=tolerance)
        return [] if equal else [f"{name}: {image}, on the host {host}"]
    else:
        return [] if host == image else [f"{name}: {image}, on the host {host}"]
    return [line for path, *both in pairs for line in differences(*both, tolerance, path)]


def main(argv: list[str] | None = None) -> int:
    """Compare validation loss, score and Grand Challenge job; return 0, or 1 when one differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host", type=Path, help="folder with fev1fvc/best.json and score.json")
    parser.add_argument("image", type=Path, help="folder with runs/, score.json and output/")
    parser.add_argument("--tolerance", type=float, default=0.0, help="relative (default: 0)")
    args = parser.parse_args(argv)

    def read(path: Path, key: str) -> object:
        return json.loads(path.read_text(encoding="utf-8"))[key]

    host = {
        "loss": read(args.host / "fev1fvc/best.json", "val_loss"),
        "score": read(args.host / "score.json", "targets"),
    }
    job = json.loads((args.image / "output/fev1-fvc-ratio.json").read_text(encoding="utf-8"))
    image = {
        "loss": read(args.image / "runs/cohort/fev1fvc/best.json", "val_loss"),
        "score": read(args.image / "score.json", "targets"),
    }
    lines = [
        *differences(host, image, args.tolerance, "image:"),
        *differences(
            image["score"], read(args.image / "output/scan2num.json", "targets"), 0.0, "job:"
        ),
        *differences(image["score"]["fev1fvc"]["score"], job, 0.0, "job's number"),
    ]
    print("\n".join(lines) or f"the host's loss and score, within {args.tolerance:g} of them")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
