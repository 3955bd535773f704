"""What the use cases need from the outside, as Protocols, one port a module. No vendor's word stands here.

Every implementation, the fakes of the tests included, passes the same contract suite (``tests/contract``).
"""
