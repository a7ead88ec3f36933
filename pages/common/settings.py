"""What the host sets: an environment variable, or a top-level secret of Streamlit."""

import os

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError


def setting(name: str) -> str:
    """The value of a setting, or nothing where the host has none."""
    if (value := os.environ.get(name)) is not None:
        return value.strip()
    try:
        return str(st.secrets.get(name, "")).strip()
    except (StreamlitSecretNotFoundError, FileNotFoundError):
        return ""
