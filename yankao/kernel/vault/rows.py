"""The columns of a sealed text, for every table that keeps one."""

from __future__ import annotations

from django.db import models

from .sealing import Envelope


class Sealed(models.Model):
    """A row with a sealed text: id of the master key, wrapped data key, text. Both empty once it is shredded.

    Changing the master key goes over every table made of this (`rotation`).
    """

    key_id = models.CharField(max_length=40)
    wrapped = models.BinaryField(null=True)
    text = models.BinaryField(null=True)

    class Meta:
        abstract = True

    @property
    def envelope(self) -> Envelope | None:
        """What is kept, None once it was shredded."""
        if self.wrapped is None or self.text is None:
            return None
        return Envelope(self.key_id, bytes(self.wrapped), bytes(self.text))
