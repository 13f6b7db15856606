"""The part of the SARIF 2.1.0 schema that Octavo's reports use: for each object its properties and which are required.

The standard's schema allows no further properties in any of these objects, except in property bags.
"""

TEXT, NUMBER, INDEX, ANY = str, int, "index", "any"  # NUMBER counts from 1, INDEX from 0
URI = "uri"
LEVELS = ("none", "note", "warning", "error")

# object: {property: (required, type)}; a type in a list is an array of it, a tuple an enumeration, a name an object.
OBJECTS = {
    "log": {"$schema": (False, URI), "version": (True, ("2.1.0",)), "runs": (True, ["run"]), "properties": (False, ANY)},
    "run": {"tool": (True, "tool"), "columnKind": (False, ("utf16CodeUnits", "unicodeCodePoints")), "results": (False, ["result"])},
    "tool": {"driver": (True, "toolComponent")},
    "toolComponent": {"name": (True, TEXT), "version": (False, TEXT), "semanticVersion": (False, TEXT), "rules": (False, ["reportingDescriptor"])},
    "reportingDescriptor": {"id": (True, TEXT), "name": (False, TEXT), "shortDescription": (False, "multiformatMessage"),
                            "fullDescription": (False, "multiformatMessage"), "help": (False, "multiformatMessage"),
                            "defaultConfiguration": (False, "reportingConfiguration")},
    "reportingConfiguration": {"level": (False, LEVELS), "enabled": (False, bool)},
    "multiformatMessage": {"text": (True, TEXT), "markdown": (False, TEXT)},
    "message": {"text": (False, TEXT), "markdown": (False, TEXT), "id": (False, TEXT)},
    "result": {"ruleId": (False, TEXT), "ruleIndex": (False, INDEX), "level": (False, LEVELS), "message": (True, "message"),
               "locations": (False, ["location"]), "fixes": (False, ["fix"]), "suppressions": (False, ["suppression"]),
               "properties": (False, ANY)},
    "location": {"physicalLocation": (False, "physicalLocation"), "logicalLocations": (False, ["logicalLocation"])},
    "logicalLocation": {"name": (False, TEXT), "fullyQualifiedName": (False, TEXT), "kind": (False, TEXT)},
    "physicalLocation": {"artifactLocation": (False, "artifactLocation"), "region": (False, "region")},
    "artifactLocation": {"uri": (False, URI)},
    "region": {"startLine": (False, NUMBER), "startColumn": (False, NUMBER), "endLine": (False, NUMBER), "endColumn": (False, NUMBER),
               "byteOffset": (False, INDEX), "byteLength": (False, INDEX), "snippet": (False, "artifactContent")},
    "artifactContent": {"text": (False, TEXT)},
    "fix": {"description": (False, "message"), "artifactChanges": (True, ["artifactChange"])},
    "artifactChange": {"artifactLocation": (True, "artifactLocation"), "replacements": (True, ["replacement"])},
    "replacement": {"deletedRegion": (True, "region"), "insertedContent": (False, "artifactContent")},
    "suppression": {"kind": (True, ("inSource", "external")), "status": (False, ("accepted", "underReview", "rejected")),
                    "justification": (False, TEXT)},
}
NOT_EMPTY = {"artifactChanges", "replacements"}  # minItems 1


def _wrong(value, kind):
    if kind is ANY:
        return not isinstance(value, dict)
    if isinstance(kind, tuple):
        return value not in kind
    if kind in (NUMBER, INDEX):
        return isinstance(value, bool) or not isinstance(value, int) or value < (1 if kind is NUMBER else 0)
    if kind is URI:
        return not isinstance(value, str) or not value.isascii() or " " in value or "\\" in value
    return not isinstance(value, kind)


def _check(value, kind, path, found):
    if isinstance(kind, list):
        if not isinstance(value, list) or (path.rsplit(".", 1)[-1] in NOT_EMPTY and not value):
            found.append(f"{path}: {value!r} is no list of {kind[0]}")
            return
        for i, entry in enumerate(value):
            _check(entry, kind[0], f"{path}[{i}]", found)
    elif isinstance(kind, str) and kind in OBJECTS:
        if not isinstance(value, dict):
            found.append(f"{path}: {value!r} is no {kind}")
            return
        for name, (required, inner) in OBJECTS[kind].items():
            if name in value:
                _check(value[name], inner, f"{path}.{name}", found)
            elif required:
                found.append(f"{path}: {name} is missing")
        found += [f"{path}: a {kind} has no property {name}" for name in value if name not in OBJECTS[kind]]
    elif _wrong(value, kind):
        found.append(f"{path}: {value!r} is no {kind}")


def problems(log):
    """What the schema, and the standard beyond it, would refuse."""
    found = []
    _check(log, "log", "log", found)
    for run in log.get("runs", []):
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        if len(set(rules)) != len(rules):
            found.append("two rules share an id")
        for result in run["results"]:
            if rules[result["ruleIndex"]] != result["ruleId"]:
                found.append(f"ruleIndex {result['ruleIndex']} is not {result['ruleId']}")
    return found


def offset(text, region):
    """The byte offset of a region's start, from its line and its column in UTF-16 code units."""
    lines = text.split("\n")
    before = "\n".join(lines[:region["startLine"] - 1]) + "\n" if region["startLine"] > 1 else ""
    units = lines[region["startLine"] - 1].encode("utf-16-le")[:2 * (region["startColumn"] - 1)]
    return len(before.encode()) + len(units.decode("utf-16-le").encode())
