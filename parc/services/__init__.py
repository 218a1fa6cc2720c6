"""Writes: a verb each; session and actor come in, the audit entry goes with the change."""
