"""The simulated network: recorded devices that answer SNMP on loopback addresses.

Used by the demo, the tests and the benchmarks; no part of it runs on a real installation.
"""
