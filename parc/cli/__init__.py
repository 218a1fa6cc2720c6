"""Commands: click groups; everything that a page or a job does can be done by one."""
