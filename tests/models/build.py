"""Fixture of the other tests: MiniLM, compiled as INT8 and as FP32."""
import octavo

for precision in ("int8", "fp32"):
    octavo.build(precision)
