"""Lesions of any extent drawn into the lungs of a scan, with the scan's own noise in them."""

from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np

from pylayers.errors import UsageError
from pylayers.lungs.crop import LungCrop
from pylayers.lungs.densitometry import laa950, perc15
from tools.response.lesion_order import LAST
from tools.response.lung_tissue import LungTissue


class Lesioned(NamedTuple):
    """crop: with lesions, and its densities. extent: destroyed share of the lungs, in 0..1."""

    crop: LungCrop
    extent: float


class InsertedLesions:
    """One plan of lesions in one scan.

    crop: with its lung mask. tissue: of it. order: of lesion_order. hole_hu: of destroyed lung.
    blur_mm: sd of the scan's blur, which smooths the lesions' edges.
    """

    def __init__(
        self,
        crop: LungCrop,
        tissue: LungTissue,
        order: np.ndarray,
        hole_hu: float,
        blur_mm: float,
    ) -> None:
        self.crop, self.tissue, self.order = crop, tissue, order
        self.lungs = crop.lungs
        self.hole_hu, self.blur_px = hole_hu, blur_mm / crop.spacing_mm[1]
        self.floor_hu = int(crop.hu.min())  # the scan's noise is cut off there
        reached = np.zeros(LAST + 1, np.int64)
        for plane, where in zip(order, tissue.where, strict=True):
            reached += np.bincount(plane[:, where].ravel(), minlength=LAST + 1)
        self.reached = np.cumsum(reached[:LAST]) / (order.shape[1] * np.count_nonzero(self.lungs))

    def check_extent(self, extent: float) -> None:
        """Raise UsageError for an extent above what the lesions reach."""
        if extent > self.reached[-1]:
            raise UsageError(
                f"{100 * extent:g} % is more than lesions can destroy in these lungs, "
                f"{100 * self.reached[-1]:.0f} %"
            )

    def with_extent(self, extent: float) -> Lesioned:
        """Return the crop with lesions that destroy a share of the lungs' volume, in 0..1.

        Vessels and airways in a lesion stay and do not count. In a lesion the tissue's smooth level
        is put down to hole_hu; what differs from that level, noise and fine structure, stays, but
        for values below the lowest of the scan. UsageError as in check_extent.
        """
        self.check_extent(extent)
        if extent <= 0:
            return Lesioned(self.crop, 0.0)
        until = int(np.searchsorted(self.reached, extent))
        hu, total = self.crop.hu.copy(), 0.0
        for z in np.flatnonzero(self.tissue.where.any(axis=(1, 2))):
            cover = (self.order[z] <= until).mean(axis=0, dtype=np.float32)
            share = cv2.GaussianBlur(cover, None, self.blur_px) * self.tissue.where[z]
            deeper = np.minimum(self.hole_hu - self.tissue.level_hu[z], 0)
            hu[z] = np.maximum(np.rint(hu[z] + share * deeper), self.floor_hu)
            total += float(share.sum())
        lung = hu[self.lungs]
        changed = replace(
            self.crop,
            hu=hu,
            laa950=laa950(lung),
            perc15_hu=perc15(lung),
        )
        return Lesioned(changed, total / np.count_nonzero(self.lungs))
