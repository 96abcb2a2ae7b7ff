"""Why something cannot be sealed or opened. No message quotes what was sealed."""

ERASED = "已依法删除"
"""What stands in the place of a text whose case's secret was deleted."""


class KeysError(Exception):
    """Something cannot be sealed or opened."""


class UnknownKeyError(KeysError):
    """The ring has no master key of this id: a ring was lost, or has not reached this process."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"the key ring has no key {key_id!r}")
        self.key_id = key_id


class NotOurKeyError(UnknownKeyError):
    """No process of ours has ever sealed by a key of this id: others made it up."""


class AlteredError(KeysError):
    """What is to be opened is not what was sealed, or was sealed for another place."""

    def __init__(self, what: str = "a sealed text") -> None:
        super().__init__(f"{what} was altered, or belongs elsewhere")


class KeysAwayError(KeysError):
    """The register, where secrets lie, does not answer: try again later."""

    def __init__(self) -> None:
        super().__init__("the register, where the secrets of cases lie, does not answer")


class ErasedError(KeysError):
    """The case's secret was deleted, or there never was one: nothing of it can be read again."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"{ERASED}: case {scope} was erased, or never had a secret")
        self.scope = scope
