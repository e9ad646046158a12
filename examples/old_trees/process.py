from datetime import date

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import Reason
from yankao.kernel.casework.process import Process

from .models import Tree


class Stage(TextChoices):
    PROPOSED = "proposed", _("已提報")
    LISTED = "listed", _("已列冊")
    STRUCK = "struck", _("已解除")


process = Process(
    Tree, "examples.old_trees", Stage, Stage.PROPOSED, "樹{roc}-{seq:04d}",
    asks=("tree_no", "species", "place", "girth"),
)  # fmt: skip


@process.move(Stage.PROPOSED, Stage.LISTED, by=duties.commission, label=_("列冊"))
def enter(tree: Tree, *, valid_from: date) -> None:
    tree.valid_from = valid_from


@process.move(Stage.LISTED, Stage.STRUCK, by=duties.commission, label=_("解除"), closes=True)
def strike(tree: Tree, *, valid_to: date, reason: Reason) -> None:
    tree.valid_to = valid_to
