"""The life of an asset: which state may follow which; anything else is refused.

Nothing comes back from ``disposed`` but by a correction (``assets.change_state``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from parc.models import LifecycleState

_S = LifecycleState
TRANSITIONS: Final[Mapping[LifecycleState, tuple[LifecycleState, ...]]] = {
    _S.EXPECTED: (_S.IN_STOCK, _S.IN_PREPARATION, _S.IN_USE, _S.IN_TRANSIT),
    _S.IN_STOCK: (
        _S.RESERVED,
        _S.IN_PREPARATION,
        _S.IN_USE,
        _S.ON_LOAN,
        _S.IN_REPAIR,
        _S.IN_TRANSIT,
        _S.MISSING,
        _S.STOLEN,
        _S.TO_DISPOSE,
    ),
    _S.RESERVED: (
        _S.IN_STOCK,
        _S.IN_PREPARATION,
        _S.IN_USE,
        _S.ON_LOAN,
        _S.IN_REPAIR,
        _S.IN_TRANSIT,
        _S.MISSING,
        _S.STOLEN,
    ),
    _S.IN_PREPARATION: (
        _S.IN_STOCK,
        _S.RESERVED,
        _S.IN_USE,
        _S.ON_LOAN,
        _S.IN_REPAIR,
        _S.IN_TRANSIT,
        _S.MISSING,
        _S.STOLEN,
        _S.TO_DISPOSE,
    ),
    _S.IN_USE: (
        _S.IN_STOCK,
        _S.IN_PREPARATION,
        _S.ON_LOAN,
        _S.IN_REPAIR,
        _S.IN_TRANSIT,
        _S.MISSING,
        _S.STOLEN,
        _S.TO_DISPOSE,
    ),
    _S.ON_LOAN: (_S.IN_STOCK, _S.IN_USE, _S.IN_REPAIR, _S.MISSING, _S.STOLEN),
    _S.IN_REPAIR: (
        _S.IN_STOCK,
        _S.IN_PREPARATION,
        _S.IN_USE,
        _S.IN_TRANSIT,
        _S.MISSING,
        _S.TO_DISPOSE,
    ),
    _S.IN_TRANSIT: (
        _S.IN_STOCK,
        _S.IN_PREPARATION,
        _S.IN_USE,
        _S.IN_REPAIR,
        _S.MISSING,
        _S.STOLEN,
    ),
    _S.MISSING: (_S.IN_STOCK, _S.IN_USE, _S.STOLEN, _S.TO_DISPOSE),
    _S.STOLEN: (_S.IN_STOCK, _S.IN_USE, _S.TO_DISPOSE),
    _S.TO_DISPOSE: (_S.IN_STOCK, _S.MISSING, _S.STOLEN, _S.DISPOSED),
    _S.DISPOSED: (),
}
