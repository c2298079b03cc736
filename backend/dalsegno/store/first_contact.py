"""Opening a database whose server is not there yet, as where all that belongs together is started at once."""

from __future__ import annotations

import logging
from collections.abc import Callable

from dalsegno.errors import StoreUnavailableError
from dalsegno.settings import Settings
from dalsegno.store.database import Database

_log = logging.getLogger(__name__)

# From one try to the next, at first and at most; it doubles.
FIRST_DELAY_SECONDS = 0.25
LONGEST_DELAY_SECONDS = 5.0


def opened_once_there(settings: Settings, is_stopped: Callable[[float], object]) -> Database | None:
    """The database that the settings name, waited for as long as its server is away.

    `is_stopped` waits so many seconds, and is true where nobody wants the database any more: then None. What waiting
    does not mend is raised at once: StoreUnavailableError, also where SQLite can't be used, SchemaVersionError,
    InvalidSettingError.
    """
    delay, told = FIRST_DELAY_SECONDS, ""
    while True:
        try:
            database = Database.of(settings)
        except StoreUnavailableError as error:
            if not error.may_pass or settings.database_url.startswith("sqlite"):
                raise
            if error.problem != told:
                told = error.problem
                _log.warning("%s It is waited for.", error)
        else:
            database.was_away = bool(told)
            return database
        if is_stopped(delay):
            return None
        delay = min(2 * delay, LONGEST_DELAY_SECONDS)
