"""The worker process: a clock, a poll of the queue, and the handlers of its jobs."""
