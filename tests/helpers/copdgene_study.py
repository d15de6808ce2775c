"""A small COPDGene: its phenotype table and its tree of images, with the real names."""

import csv

from data.copdgene import import_copdgene

SIDS = ("10031R", "10393Z", "11001N")
OLDER = "sid FEV1_FVC_utah FEV1pp_utah finalGold pctEmph_Slicer"
P1P2 = (
    "sid FEV1_FVC_utah_P1 FEV1pp_utah_P1 finalGold_P1 CT_Visual_Emph_Severity_P1 pctEmph_Thirona_P1"
)
NEWEST = (
    "sid FEV1_FVC_post_P1 FEV1pp_post_P1 finalgold_visit_P1 CT_Visual_Emph_Severity "
    "pctEmph_Thirona_P1"
)
ROWS = ("10031R 0.64 71.5 2 3 8.1", "10393Z 0.81 98 0 0 .4", "11001N 0.75 70 -1 1 NA")


def cid(sid, phase="INSP", kernel="STD", site="NJC", end="COPD"):
    return f"{sid}_{phase}_{kernel}_{site}_{end}"


class Study:
    """A folder with a phenotype table and images, and the import of both."""

    def __init__(self, root):
        self.root, self.images, self.out = root, root / "images", root / "made" / "table.csv"
        self.images.mkdir()

    def table(self, *lines, header=P1P2, sep="\t", end="\n", encoding="utf-8"):
        text = end.join(line.replace(" ", sep) for line in (header, *lines)) + end
        (self.root / "pheno.txt").write_bytes(text.encode(encoding))
        return self

    def scan(self, name, *places, suffix=".nrrd"):
        """A file of that name; voxels do not matter."""
        folder = self.images.joinpath(*(places or (name[:6], name)))
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}{suffix}"
        path.write_bytes(b"NRRD0004\n")
        return path

    def scans(self, sids=SIDS):
        for sid in sids:
            self.scan(cid(sid))
        return self

    def run(self, *options):
        """Import; returns the rows by subject."""
        arguments = [self.root / "pheno.txt", self.images, "--out", self.out, *options]
        import_copdgene.main([str(argument) for argument in arguments])
        return {row["subject_id"]: row for row in self.read(self.out)}

    def left(self):
        """(sid, reason) of everything listed."""
        return [(row["sid"], row["reason"]) for row in self.listed()]

    def listed(self):
        path = self.out.with_name("table_left_out.csv")
        return self.read(path) if path.exists() else []

    @staticmethod
    def read(path):
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
