"""The app as it would run had nobody measured it: Streamlit's defaults.

`python -m tests.load.default_settings --server.port=8501 …` takes options as `streamlit run` does.
It starts the server by the way that knows nothing of the app's start-up, and gives every option of
the project's settings file its default again.
"""

import sys

from streamlit import config
from streamlit.web import bootstrap

from tests.load.servers import ROOT

#: The defaults of the options that `.streamlit/config.toml` sets for speed.
DEFAULTS = {
    "runner.postScriptGC": True,
    "runner.magicEnabled": True,
    "server.fileWatcherType": "auto",
    "server.maxCacheDataSize": None,
}


def main(arguments: list[str]) -> None:
    """Serve until stopped."""
    script = str(ROOT / "streamlit_app.py")
    given = dict(argument.removeprefix("--").split("=", 1) for argument in arguments)
    config._main_script_path = script  # as the command line does before it reads the settings
    bootstrap.load_config_options({**DEFAULTS, **given})
    bootstrap.run(script, False, [], {**DEFAULTS, **given})


if __name__ == "__main__":
    main(sys.argv[1:])
