"""nmap: run it, read what it wrote, and weigh what that says about the kind of device."""
