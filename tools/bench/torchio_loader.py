"""The same work with torchio's transforms. Runs in the rivals' Python."""

import torch
import torchio

from tools.bench.stack_maker import margins, serve_maker, stored_slices

torch.set_num_threads(1)


def make(job: dict) -> torch.Tensor:
    """Make a job's stack: the whole stack mirrored and padded at once, then slice by slice.

    An image of torchio is (channel, x, y, z). Of what gives the same result this is the fastest:
    int16, no copies, one Affine a slice, the window in place with PyTorch.
    """
    planes = torch.from_numpy(stored_slices(job))
    top, bottom, left, right = margins(planes.shape[1:], job["side"])
    image = torchio.ScalarImage(tensor=planes.permute(2, 1, 0)[None])
    if job["mirror"]:
        image = torchio.Flip(axes=(0,), copy=False)(image)
    pad = torchio.Pad((left, right, top, bottom, 0, 0), padding_mode=job["air_hu"], copy=False)
    padded = pad(image).data
    out = torch.empty(len(planes), job["side"], job["side"])
    for number, angle in enumerate(job["angles_deg"]):
        turn = torchio.Affine(
            scales=(1, 1, 1),
            degrees=(0, 0, -angle),
            translation=(0, 0, 0),
            default_pad_value=job["air_hu"],
            image_interpolation="nearest",
            copy=False,
        )
        turned = turn(torchio.ScalarImage(tensor=padded[..., number : number + 1]))
        out[number] = turned.data[0, :, :, 0].T
    low, high, centre, scale = job["window"]
    return out.clamp_(low, high).sub_(centre).div_(scale)


if __name__ == "__main__":
    serve_maker(make, torchio.__version__)
