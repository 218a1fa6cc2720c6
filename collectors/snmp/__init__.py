"""SNMP: the transport, the walk, and a module for each MIB that is read."""
