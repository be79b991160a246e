"""MQ, Mail Queue: the spool between acceptance and delivery, its retries and its bounces."""
