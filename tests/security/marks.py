"""Made-up people whose data are unmistakable, and the stems by which all of it is found.

The characters stand in no text of ours; the numbers belong to a person born in 1901. Two characters
would be too few: in UTF-16 they are four bytes, which a gigabyte of ciphertext has by chance.
"""

from dataclasses import dataclass

from stdnum.cn import ric

NAME, WORDS, CHILD, FIRM = "龘靐龘", "齉爩齉", "龗龖龗", "灪麤灪"
MAIL, FILE = "qzxletter", "qzxfile"
PHONE = "199004207"
NUMBER = "31010119010203"
MARKS = (NAME, WORDS, CHILD, FIRM, MAIL, FILE, PHONE, NUMBER)


@dataclass(frozen=True)
class Marked:
    """The person of one case."""

    place: int

    @property
    def name(self) -> str:
        return f"{NAME}{self.place:02}"

    @property
    def number(self) -> str:
        body = f"{NUMBER}{self.place:03}"
        return body + ric.calc_check_digit(body + "0")

    @property
    def mail(self) -> str:
        return f"{MAIL}{self.place:02}@mail.example.com"

    @property
    def phone(self) -> str:
        return f"{PHONE}{self.place:02}"

    @property
    def file(self) -> str:
        return f"{FILE}-{self.place:02}-{NAME}.pdf"

    def words(self, about: str) -> str:
        """What somebody writes in a field for free text."""
        return f"{WORDS}{about}{self.place:02}：{self.name}之子{CHILD}，电话{self.phone}"

    def person(self) -> dict[str, str]:
        """As bodies name a person; every third can be told by SMS only."""
        person = {"name": self.name, "id_number": self.number, "phone": self.phone}
        return person if self.place % 3 == 0 else person | {"email": self.mail}

    def firm(self) -> dict[str, str]:
        return {
            "name": f"{FIRM}{self.place:02}公司",
            "email": f"{MAIL}-hr{self.place:02}@mail.example.com",
            "phone": self.phone,
            "credit_code": "91310106MA1FY7XX05",
        }
