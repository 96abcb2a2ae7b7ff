"""What comes in without a form (来件): mails read by the grammar of the district they came to."""
