"""Searching needs no torch: not to import, not to read the shipped model, not to search with it."""

import subprocess
import sys

SEARCH = """
import sys
import engine.decoding
from engine.decoding import comparisons, findings
from engine.decoding import cost, letter_lanes, sentences, study_findings, tree_frames
from engine.decoding.config import DecodingConfig
from engine.decoding.study import load_study
load_study()
config = DecodingConfig("characters", "a ", beam_width=5, max_length=40)
assert comparisons.beam(config).best.finished
assert "torch" not in sys.modules, "torch was imported"
"""


def test_loading_the_shipped_model_and_a_beam_search_import_no_torch() -> None:
    subprocess.run([sys.executable, "-c", SEARCH], check=True, timeout=60)
