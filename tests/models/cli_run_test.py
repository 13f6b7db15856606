"""`octavo run` writes the bits that the C ABI returns, whatever OCTAVO_ISA and --threads say."""
import abi
import octavo

inputs = octavo.random_inputs(3, 2, 24, lengths=[24, 17])
file = octavo.save(octavo.WORK / "cli_run.safetensors", inputs)
for precision in ("int8", "fp32"):
    folder = octavo.directory(precision)
    expected = abi.Model(folder, 1, "scalar")(inputs["input_ids"], inputs["attention_mask"])
    for isa in ("scalar", "avx2"):
        for threads in (1, 2):
            answer = octavo.WORK / "cli_run_answer.safetensors"
            octavo.run(octavo.CLI, "run", folder, "--inputs", file, "--outputs", answer, "--threads", threads,
                       OCTAVO_ISA=isa)
            got = octavo.load(answer)
            octavo.check(list(got) == ["output"], f"{precision}: outputs are {list(got)}")
            octavo.check(got["output"].tobytes() == expected.tobytes(), f"{precision} {isa} {threads} threads")
octavo.finish()
