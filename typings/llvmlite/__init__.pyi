# Types of the part of llvmlite this project uses; llvmlite itself has none.
