"""Steps with a field for free text in each; ``errands`` takes them for the marked people."""

from typing import Any

from tests.e2e.town_hall import PDF_DIGEST

SEAL = [{"code": "sealed_copies", "form": "electronic", "sha256": PDF_DIGEST}]
PASSED = {"outcome": "passed"}

Course = tuple[tuple[str, str, dict[str, Any]], ...]
"""Steps: by whom, which verb, with what. ``#…`` becomes a marked text, ``@…`` what it names."""

TAKEN_IN: Course = (("ja-o1", "pre-review", PASSED), ("ja-o1", "accept", {}))
APPLICATIONS: tuple[Course, ...] = (
    (
        (
            "ja-o1",
            "pre-review",
            {
                "outcome": "faulty",
                "faults": [{"code": "ILLEGIBLE", "about": "sealed_copies", "text": "#补正"}],
            },
        ),
        ("ja-o1", "supplement", {"statements": ["ILLEGIBLE"]}),
        *TAKEN_IN,
        ("ja-r1", "review", {"opinion": "#意见"}),
        ("ja-r1", "report-up", {}),
        ("sh-u1", "superior-decision", {"outcome": "refused", "reason": "#不予批准"}),
    ),
    (("ja-o1", "not-accept", {"reason": "#不予受理", "right_authority": "#他处"}),),
    (
        *TAKEN_IN,
        (
            "ja-o1",
            "request-green",
            {
                "reason_code": "school_enrolment",
                "cause": "#绿色",
                "evidence": ["加急申请", "情况说明", "#证明"],
            },
        ),
        ("ja-s1", "consent-green", {"granted": True, "reason": "#同意"}),
        ("ja-s1", "close-green", {"reason": "#结束"}),
        ("ja-o1", "close-green", {"reason": "#结束"}),
        ("ja-o1", "stop-clock", {"stop": "appraisal", "reason": "#中止"}),
        ("ja-o1", "resume-clock", {"reason": "#恢复"}),
        ("ja-h1", "extend", {"working_days": 3, "reason": "#延长"}),
        ("ja-s1", "reassign", {"role": "officer", "to": "ja-o2", "reason": "#改派"}),
        ("ja-s1", "clear-card", {"card": "decide:red", "reason": "#销牌"}),
        ("ja-r1", "refuse", {"reason": "#拒绝"}),
        ("ja-o2", "objection", {"reason": "#异议"}),
        ("ja-o2", "withdraw", {"reason": "#撤回"}),
    ),
    (
        (
            "ja-o1",
            "offer-deferral",
            {"materials": ["sealed_copies"], "mode": "hold_result", "reason": "#容缺"},
        ),
        ("backend", "promise", {"signed_on": "@today"}),
        ("backend", "materials-received", {"materials": SEAL}),
        ("ja-o1", "check-material", {"material": "sealed_copies", "in_order": False}),
        (
            "ja-o1",
            "check-material",
            {"material": "sealed_copies", "in_order": False, "reason": "#不符"},
        ),
        ("ja-s1", "decide-breach", {"outcome": "return", "reason": "#失信"}),
    ),
    (
        *TAKEN_IN,
        ("ja-r1", "review", {"opinion": "#意见"}),
        ("ja-r1", "report-up", {}),
        ("sh-u1", "superior-decision", {"outcome": "approved", "reason": "#批准"}),
        ("ja-o1", "deliver", {"method": "self_print"}),
    ),
)
CYCLES: tuple[Course, ...] = (
    (
        ("cq-sp1", "reclassify", {"letter": "B", "reason": "#重认"}),
        ("cq-sp1", "verify", {"passed": False, "reason": "#核实"}),
        ("backend", "evaluate", {"verdict": "qualified", "text": "#评估"}),
        ("backend", "issue-credential", {"credential": "code", "code": "@code", "reason": "#补发"}),
        (
            "backend",
            "change-employer",
            {"employer": "91310112MA1GCXX016", "changed_on": "@today", "party": "@party"},
        ),
        ("backend", "record-left", {"left_on": "@today", "reason": "#离渝"}),
    ),
)
REQUESTS: tuple[Course, ...] = (
    (
        (
            "cq-sp1",
            "give-notice",
            {"faults": [{"code": "ILLEGIBLE", "about": "birth_certificate", "text": "#户口"}]},
        ),
        ("backend", "supplement", {"statements": ["ILLEGIBLE"]}),
        ("cq-sp1", "accept", {}),
        ("cq-sp1", "assign-body", {"body": "district/education", "reason": "#改交"}),
        ("cq-sv1", "extend-handling", {"working_days": 3, "reason": "#延期"}),
        ("yz-edu1", "feed-back", {"met": True, "result": "#结果"}),
    ),
    (("cq-sp1", "explain-need", {"reason": "#说明"}),),
    (("cq-sp1", "transfer-need", {"to": "#某局", "reason": "#转交"}),),
)
RATINGS: tuple[Course, ...] = (
    (
        ("cq-sp1", "contact-rater", {"reached": True, "note": "#致电"}),
        ("cq-sv1", "mark-complex", {"reason": "#复杂"}),
        ("cq-sp1", "verify-rating", {"justified": True, "finding": "#查实"}),
        ("cq-sp1", "appeal-rating", {"reason": "#申诉"}),
        ("cq-sv1", "decide-rating-appeal", {"upheld": False, "reason": "#复核"}),
        ("cq-sp1", "settle-rating", {"settlement": "fixed", "reason": "#整改"}),
        ("cq-sp1", "follow-up-rating", {"satisfied": True, "note": "#回访"}),
    ),
)
MAILS: tuple[Course, ...] = (
    (("ja-o1", "sort-mail", {"persons": [{"person": 1, "unit": "#单位"}]}),),
    (("ja-o1", "send-back-mail", {"reason": "#退回"}),),
    (
        ("ja-o1", "reroute-mail", {"mailbox": "education", "reason": "#转办"}),
        ("ja-o1", "set-mail-aside", {"reason": "#不作办理"}),
    ),
)
