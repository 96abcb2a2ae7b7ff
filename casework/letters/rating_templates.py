"""The texts of the notices to a rater; how they are filled: ``texts.py``."""

RATING_TEMPLATES: dict[str, tuple[str, str]] = {
    "rating_received": (
        "评价收悉通知",
        """\
您对{rated}号事项的评价（{grade}）已收到，我们将核实处理。
工作人员将在{due_on:date?}前与您联系{due_basis:basis?}。""",
    ),
    "rating_settled": (
        "评价处理结果",
        """\
您对{rated}号事项的评价已处理（{settlement}），情况如下：
{reasons:list}
我们将就处理结果对您进行回访。""",
    ),
}
