"""Folders of Parquet files, on a disk or in S3."""
