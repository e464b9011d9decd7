"""The benchmarks: ratios against yardsticks, measured in alternating rounds of one run."""
