"""The durability torture of the index: crashes, failing disks, power loss and damaged files.

`python -m tests.torture` runs all of it and prints its figures; tests/test_durability.py runs a
short random part. Faults come from strace, which must be installed.
"""
