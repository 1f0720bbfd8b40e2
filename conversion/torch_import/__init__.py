"""
Programs of `torch.export` as modules of the `torch` dialect; torch itself is not needed.

`archive.py` reads a `.pt2` file, `program_json.py` the program in it (`program.py`),
`sizes.py` its symbolic sizes, `weights.py` its numbers; `build.py` makes the module.
"""
