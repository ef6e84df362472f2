"""TorchScript: the form in which Java tools take a model of torch."""

import warnings
from io import BytesIO

import numpy as np
import torch

from enhance.checkpoint import Checkpoint
from enhance.export.agreement import Agreement, Picture, agreement_of, example_picture
from enhance.export.wholepicture import whole_picture

TRACED_SIZE = (48, 50)
"""Rows and columns of the picture that is followed; sizes stay free."""


def torchscript_of(checkpoint: Checkpoint, *, name: str) -> tuple[bytes, Agreement]:
    """Return the content of a TorchScript file, and how well it agrees with the engine.

    Parameters
    ----------
    checkpoint : Checkpoint
        What to write.
    name : str
        Of the file, for the message.

    Raises
    ------
    ExportError
        When it does not give what the engine gives.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch would rather have torch.export, which those tools cannot read
        picture = torch.from_numpy(example_picture(*TRACED_SIZE))
        traced = torch.jit.trace(whole_picture(checkpoint), picture)  # type: ignore[no-untyped-call]
        content = BytesIO()
        torch.jit.save(traced, content)
        content.seek(0)
        loaded = torch.jit.load(content)  # type: ignore[no-untyped-call]

    @torch.inference_mode()
    def run(picture: Picture) -> Picture:
        return np.asarray(loaded(torch.from_numpy(picture)).numpy())

    return content.getvalue(), agreement_of(run, checkpoint, name=name)
