"""The record: every evaluation of every study, in SQLite by default, in PostgreSQL by URL.

A record holds numbers, text and JSON, never pickles: reading one that came from somebody else executes nothing.
"""

from braess.study.store.reading import Recorded, StudyRecord, list_studies, load_study
from braess.study.store.writing import Session, open_session

__all__ = ["Recorded", "Session", "StudyRecord", "list_studies", "load_study", "open_session"]
