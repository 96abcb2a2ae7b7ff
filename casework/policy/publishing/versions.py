"""The catalogues that a process holds: each read and checked whole, and which holds on a day."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property, partial
from importlib.resources import files
from pathlib import Path
from threading import Lock

from casework.domain.authority import Matrix
from casework.domain.publishing import CatalogueVersion, version_on
from casework.domain.time.calendar import WorkingCalendar
from casework.policy.authority import read_authority
from casework.policy.calendars import FOLDER as CALENDARS
from casework.policy.calendars import check_calendars, read_calendar
from casework.policy.catalogue import Catalogue, CatalogueError, read_catalogue
from casework.policy.catalogue.documents import Finding
from casework.policy.letters import LetterPolicy, read_letters
from casework.policy.mail import MailPolicy, read_mail_policy
from casework.policy.publishing.archive import Archive, ArchiveError, pack
from casework.policy.service_catalogue import ServiceCatalogue, read_service_catalogue
from casework.policy.sharing import SharingPolicy, read_sharing


@dataclass(frozen=True, kw_only=True)
class WholeCatalogue:
    """Everything that one catalogue says. ``authority`` is its table, without the people."""

    digest: str
    catalogue: Catalogue
    services: ServiceCatalogue
    sharing: SharingPolicy
    letters: LetterPolicy
    mail: MailPolicy
    authority: Matrix
    calendar: WorkingCalendar
    archive: Archive

    @cached_property
    def files(self) -> Mapping[str, bytes]:
        """Its files by their path from the root."""
        return self.archive.files()


def read_whole(archive: Archive, *, kept: bool = False) -> WholeCatalogue:
    """Read and check all of a catalogue; raises CatalogueError with all findings.

    ``kept``: it was published before, so that an action of a later release may have no row in it.
    """
    root, findings = archive.root, list[Finding]()
    catalogue, services, sharing, letters, mail, authority = None, None, None, None, None, None
    try:
        catalogue = read_catalogue(root)
    except CatalogueError as error:
        findings += error.findings
    try:
        services = read_service_catalogue(root)
    except CatalogueError as error:
        findings += error.findings
    try:
        sharing = read_sharing(root)
    except CatalogueError as error:
        findings += error.findings
    try:
        letters = read_letters(root)
    except CatalogueError as error:
        findings += error.findings
    try:
        mail = read_mail_policy(root)
    except CatalogueError as error:
        findings += error.findings
    try:
        authority = read_authority(root, kept=kept)
    except CatalogueError as error:
        findings += error.findings
    findings += check_calendars(root)
    if findings or not (catalogue and services and sharing and letters and mail and authority):
        raise CatalogueError(findings)
    return WholeCatalogue(
        digest=archive.digest,
        catalogue=catalogue,
        services=services,
        sharing=sharing,
        letters=letters,
        mail=mail,
        authority=authority,
        calendar=read_calendar(root / CALENDARS),
        archive=archive,
    )


_READ = partial(read_whole, kept=True)
MOST_READ = 8
"""So many catalogues a process holds as read; of every other one it holds the archive."""


class LatelyRead(Mapping[str, WholeCatalogue]):
    """Catalogues by their digest: all as archives, and those lately asked for as read.

    Any other is read again when it is asked for, which takes about a second: that is policy of long
    ago, of which there is no end. It was checked when it came, so that reading cannot fail. Safe to
    share between threads.
    """

    def __init__(
        self,
        wholes: Iterable[WholeCatalogue] = (),
        *,
        most: int = MOST_READ,
        read: Callable[[Archive], WholeCatalogue] = _READ,
    ) -> None:
        self._most, self._read_again = most, read
        self._archives: dict[str, Archive] = {}
        self._words: dict[str, Mapping[str, str]] = {}
        self._read: OrderedDict[str, WholeCatalogue] = OrderedDict()
        self._lock = Lock()
        for whole in wholes:
            self.add(whole)

    def add(self, whole: WholeCatalogue) -> None:
        """Hold one more from now on; again is nothing new."""
        with self._lock:
            self._archives[whole.digest] = whole.archive
            self._words[whole.digest] = whole.letters.words()
            self._use(whole)

    def words(self) -> tuple[Mapping[str, str], ...]:
        """The words in letters' numbers of each of them, without reading any."""
        return tuple(self._words.values())

    @property
    def held(self) -> int:
        """How many are held as read."""
        return len(self._read)

    def _use(self, whole: WholeCatalogue) -> None:
        self._read[whole.digest] = whole
        self._read.move_to_end(whole.digest)
        while len(self._read) > self._most:
            self._read.popitem(last=False)

    def __getitem__(self, digest: str) -> WholeCatalogue:
        with self._lock:
            archive = self._archives[digest]
            whole = self._read.get(digest) or self._read_again(archive)
            self._use(whole)
            return whole

    def __contains__(self, digest: object) -> bool:
        return digest in self._archives

    def __iter__(self) -> Iterator[str]:
        return iter(self._archives)

    def __len__(self) -> int:
        return len(self._archives)


@dataclass(frozen=True, kw_only=True)
class HeldCatalogues:
    """The published versions, with their content; nothing said here changes later.

    Without any version ``sample`` holds on every day: nothing has been published yet.
    """

    sample: WholeCatalogue
    versions: tuple[CatalogueVersion, ...] = ()
    contents: LatelyRead = field(default_factory=LatelyRead)

    def on(self, day: date) -> WholeCatalogue:
        """The catalogue in force on a day."""
        version = version_on(self.versions, day)
        return self.sample if version is None else self.contents[version.digest]

    def version_on(self, day: date) -> CatalogueVersion | None:
        """The version in force on a day; None: nothing has been published yet."""
        return version_on(self.versions, day)

    @property
    def latest(self) -> int:
        """The number of the last version; 0 without any."""
        return max((version.number for version in self.versions), default=0)


@cache
def catalogue_of(folder: Path | None) -> WholeCatalogue:
    """The catalogue in a folder, by default the packaged one, as it is when first asked for.

    Raises:
        CatalogueError: it has faults, or cannot be read.
    """
    try:
        archive = pack(folder or files("catalogue"))
    except (ArchiveError, OSError) as error:
        right = "CASEWORK_CATALOGUE names a folder, or an s3:// bucket, with a whole catalogue"
        raise CatalogueError(
            [Finding(file=str(folder), line=1, field="(folder)", problem=str(error), right=right)]
        ) from error
    return read_whole(archive)
