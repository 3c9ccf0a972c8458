"""`python -m benchmarks` lists what can be measured, one name a line."""

from importlib import resources

for entry in sorted(resources.files("benchmarks").iterdir(), key=lambda entry: entry.name):
    if (
        entry.name.endswith(".py")
        and not entry.name.startswith("_")
        and 'if __name__ == "__main__"' in entry.read_text()
    ):
        print(entry.name.removesuffix(".py"))
