"""The same work with MONAI's transforms. Runs in the rivals' Python."""

import math

import monai
import torch
from monai.transforms import Flip, ResizeWithPadOrCrop, Rotate

from tools.bench.stack_maker import serve_maker, stored_slices

torch.set_num_threads(1)
monai.data.set_track_meta(False)  # a fifth faster


def make(job: dict) -> torch.Tensor:
    """Make a job's stack: the whole stack mirrored and padded at once, then slice by slice.

    Slices are channels. Rotate fills with zeros, so air is zero while it turns.
    """
    planes = torch.from_numpy(stored_slices(job)).float()
    side = (job["side"], job["side"])
    if job["mirror"]:
        planes = Flip(spatial_axis=1)(planes)
    planes = ResizeWithPadOrCrop(side, mode="constant", value=job["air_hu"])(planes)
    planes -= job["air_hu"]
    out = torch.empty(len(planes), *side)
    for number, angle in enumerate(job["angles_deg"]):
        turn = Rotate(
            -math.radians(angle), mode="nearest", padding_mode="zeros", align_corners=True
        )
        out[number] = turn(planes[number : number + 1])
    low, high, centre, scale = job["window"]
    return out.add_(job["air_hu"]).clamp_(low, high).sub_(centre).div_(scale)


if __name__ == "__main__":
    serve_maker(make, monai.__version__)
