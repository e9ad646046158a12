from django.db import models
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework.models import Record
from yankao.kernel.register.validity import Dated, NoOverlap, dated


class Tree(Record, Dated):
    tree_no = models.CharField(_("樹籍編號"), max_length=20)
    species = models.CharField(_("樹種"), max_length=60)
    place = models.CharField(_("位置"), max_length=120)
    girth = models.PositiveSmallIntegerField(_("胸圍公分"))

    class Meta:
        verbose_name = _("珍貴樹木")
        verbose_name_plural = _("珍貴樹木")
        indexes = [models.Index(fields=["tree_no"], name="tree_by_number")]
        constraints = [*dated("tree"), NoOverlap(keys=("tree_no",), name="one_entry_a_tree")]
