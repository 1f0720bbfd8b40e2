"""
What this machine can do at most: multiply-adds and memory traffic (`stepwell.tools.measure.peak`).

    python benchmarks/peak.py [--threads N] [--json] [--seconds S]

These are the ceilings that `stepwell profile` names the distance to.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from stepwell.targets.target import Target
from stepwell.tools.measure.peak import measure_peak


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="the ceilings of this machine")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--seconds", type=float, default=0.3, help="time for each figure")
    parser.add_argument("--threads", type=int, default=1, help="threads that run at once")
    options = parser.parse_args()
    target = Target.host()
    peak = measure_peak(options.seconds, options.threads)
    if options.json:
        print(json.dumps({"cpu": target.cpu, **asdict(peak)}))
        return
    print(f"{target.cpu}, {target.vector_bits}-bit vectors, threads: {peak.threads}")
    print(f"multiply-adds {peak.gflops:7.1f} GFLOP/s (f32)")
    print(f"dot products  {peak.gops_of_codes:7.1f} Gop/s (codes of eight bits)")
    for level, rate in peak.bandwidth.items():
        print(f"{level:13} {rate.read:7.1f} GB/s read, {rate.copy:.1f} GB/s copied")


if __name__ == "__main__":
    main()
