"""The catalogues that a process holds: each read and checked whole, and which holds on a day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path

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


@dataclass(frozen=True, kw_only=True)
class HeldCatalogues:
    """The published versions, with their content; immutable, so one reference says it all.

    Without any version ``sample`` holds on every day: nothing has been published yet.
    """

    sample: WholeCatalogue
    versions: tuple[CatalogueVersion, ...] = ()
    contents: Mapping[str, WholeCatalogue] = field(default_factory=dict)

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
