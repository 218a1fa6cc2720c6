"""What inventory agents upload: GLPI Agent, FusionInventory Agent 2.x, OCS Inventory agents.

Octets in, an ``Observation`` or an ``UploadError`` out; nothing is stored, asked or executed here.
"""
