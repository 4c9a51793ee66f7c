"""What a study came to, for people: one self-contained HTML page, and plain tables for other programs."""

from braess.report.comparison import write_comparison
from braess.report.export import export_csv, export_json
from braess.report.page import write_report

__all__ = ["export_csv", "export_json", "write_comparison", "write_report"]
