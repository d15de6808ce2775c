"""Lists of scans that people hand in: tables, text files and folders."""
