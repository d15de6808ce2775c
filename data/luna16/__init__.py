"""LUNA16: from its folders of images to a table of scans."""
