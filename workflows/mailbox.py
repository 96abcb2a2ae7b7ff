"""The Mailbox workflow: fetches what comes into a mailbox, for as long as the settings have it."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.mailboxes import MailboxActivities
from casework.messages.mailboxes import WORKFLOW, WatchMailbox
from workflows.options import fetching
from workflows.verbs import BegunByOne


@workflow.defn(name=WORKFLOW)
class MailboxWorkflow(BegunByOne):
    """Ends when no worker knows a mailbox of that name any more."""

    @workflow.run
    async def run(self, watch: WatchMailbox) -> None:
        """Fetch, wait, and fetch again; begin anew before the history grows long."""
        while True:
            try:
                fetched = await workflow.execute_activity_method(
                    MailboxActivities.fetch, watch, **fetching(f"收取邮箱 {watch.mailbox}")
                )
            except ActivityError:
                workflow.set_current_details("设置中没有此邮箱")
                return
            about = f"上次收取 {fetched.taken} 封，未能收取 {fetched.left} 封"
            workflow.set_current_details(about)
            await workflow.sleep(watch.every, summary="等待新邮件")
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(watch)
