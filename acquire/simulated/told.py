"""What a rig file tells under `simulated:`, read into dataclasses: their fields are the keys, their defaults theirs."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from calibration.errors import RigError

Value = TypeVar("Value")


def overridden(value: Value, told: Any, key: str) -> Value:
    """Return a dataclass with the fields replaced that a rig file tells.

    Parameters
    ----------
    value : dataclass
        Gives what is not told.
    told : mapping
        Field to value.
    key : str
        Where it stands in the rig file, for the message.

    Raises
    ------
    RigError
        When a key is not known or a value does not fit; the message names both.
    """
    kind = type(value)
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # mypy cannot bound by dataclasses
    for name in mapping(told, key):
        if name not in known:
            raise RigError(f"{key}.{name} is not known: choose one of {known} or remove it")
    try:
        checked = _check_of(kind).model_validate(dict(told), strict=False)
    except ValidationError as error:
        fault = error.errors()[0]
        name = ".".join(str(part) for part in fault["loc"])
        raise RigError(f"{key}.{name}: {fault['msg']}, but the file says {fault['input']!r}: correct it") from error
    return replace(value, **{name: getattr(checked, name) for name in told})  # type: ignore[type-var]


def mapping(told: Any, key: str) -> Mapping[str, Any]:
    """Return what is told if it is names with values; RigError that names the key otherwise."""
    if not isinstance(told, Mapping):
        raise RigError(f"{key} is {told!r}: give names with values")
    return told


def _check_of(kind: type) -> type[BaseModel]:
    """Return the check for a dataclass, made once."""
    if kind not in _CHECKS:
        hints = get_type_hints(kind)
        asked: dict[str, Any] = {field.name: (hints[field.name], None) for field in fields(kind)}
        config = ConfigDict(extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True)
        _CHECKS[kind] = create_model(kind.__name__, __config__=config, **asked)
    return _CHECKS[kind]


_CHECKS: dict[type, type[BaseModel]] = {}
