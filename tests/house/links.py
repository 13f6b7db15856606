"""Files that the documentation names exist."""
import re

import house

LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
pages = house.files(".md")
problems = []
for page in pages:
    for target in LINK.findall((house.root() / page).read_text()):
        if not (house.root() / page.parent / target).exists():
            problems.append(f"{page}: names {target}, which does not exist")
house.finish(problems, len(pages))
