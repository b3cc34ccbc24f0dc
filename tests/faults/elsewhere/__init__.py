"""Faults that the hand-off must survive: processes are killed, disks fill up, files get lost."""
