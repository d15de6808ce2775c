"""COPDGene: from its phenotype table and folders of images to a table of scans."""
