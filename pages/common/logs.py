"""Log lines that a machine can read: one JSON object each."""

import json
import logging
import os
from datetime import UTC, datetime

#: Set to "json" where something collects the logs; on a laptop plain lines are easier to read.
VARIABLE = "LECTURE_LOGS"
#: Loggers that bring handlers of their own.
_WITH_HANDLERS = ("", "streamlit", "uvicorn", "uvicorn.error", "uvicorn.access")
_NO_VISITOR = "streamlit.runtime.scriptrunner_utils.script_run_context"

logger = logging.getLogger("lecture")


class JsonLines(logging.Formatter):
    """time (UTC), level, logger, message, what else the record carries, and the traceback if any."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever is in the message."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up() -> None:
    """Give all log lines of this process the form that the environment asks for; once is enough."""
    logger.setLevel(logging.INFO)
    # Computing for the caches before there is a visitor is meant; a line for each call isn't.
    logging.getLogger(_NO_VISITOR).setLevel(logging.ERROR)
    if not logging.getLogger().handlers:
        logging.getLogger().addHandler(logging.StreamHandler())
    if os.environ.get(VARIABLE) == "json":
        for name in _WITH_HANDLERS:
            for handler in logging.getLogger(name).handlers:
                handler.setFormatter(JsonLines())


def event(message: str, **facts: object) -> None:
    """Log that something happened, with the facts as fields of their own."""
    logger.info(message, extra={"facts": facts})
