"""Compare models and migrations on a new SQLite database; part of ``make check``."""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

from alembic.util import CommandError
from flask_migrate import check, upgrade

from parc.app import create_app
from parc.config import Settings
from parc.extensions import db


def main() -> int:
    """Migrate an empty database and compare; 1 when a migration is missing."""
    logging.getLogger("alembic").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_folder=Path(folder)))
        with app.app_context():
            upgrade()
            try:
                check()
            except (CommandError, SystemExit) as error:
                sys.stderr.write(f"models and migrations differ: {error}\n")
                return 1
            finally:
                db.session.remove()
                db.engine.dispose()
    sys.stdout.write("Models and migrations are the same.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
