"""
Programs that record what frameworks compute, run by hand where the framework is installed.

What they write is below `test/`, small, and is what the tests compare with.
"""
