"""score_scan --dicom-sr and --dicom-pdf: a scan's result as DICOM files of the scan's own study.

source_series: the scored series, read anew. copied_identity: what is copied of patient and study.
structured_report, encapsulated_pdf: the files. pdf_page: what the PDF shows. The only place where
an output holds who the patient is, and only where the user asks for such a file.
"""
