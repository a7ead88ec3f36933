"""`streamlit run` that writes the names of its modules to a file when it is sent SIGUSR1."""

import os
import signal
import sys
from pathlib import Path

from streamlit.web import cli

#: The environment variable that names the file.
FILE = "MODULES_FILE"


def main() -> None:
    """Serve until stopped."""
    file = Path(os.environ[FILE])
    signal.signal(signal.SIGUSR1, lambda *_: file.write_text("\n".join(sorted(sys.modules))))
    cli.main(prog_name="streamlit")


if __name__ == "__main__":
    main()
