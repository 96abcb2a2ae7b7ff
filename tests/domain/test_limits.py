"""What a clerk is told of where a limit comes from."""

import pytest

from casework.domain.time.clock import shown


@pytest.mark.parametrize(
    ("reference", "clerk"),
    [
        ("配置建议（domain.md C.16 T_PRE）", "配置建议"),
        ("公示（F8，domain.md C.1）", "公示（F8）"),
        ("台州2019年办法（domain.md C.3，F19）", "台州2019年办法（F19）"),
        ("第四十二条第一款（作默认值，domain.md C.4）", "第四十二条第一款（作默认值）"),
        ("《行政许可法》第四十四条", "《行政许可法》第四十四条"),
    ],
)
def test_a_clerk_reads_the_source_and_not_its_place_in_our_documents(
    reference: str, clerk: str
) -> None:
    assert shown(reference) == clerk
