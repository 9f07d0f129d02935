"""The results as tables in Markdown."""


def tables(results):
    """One table a workload, with what it was measured on above and how to read it below."""
    parts = [headline(results)]
    parts += [workload_table(workload, results) for workload in results["workloads"]]
    parts.append(footnotes(results))
    return "\n\n".join(part for part in parts if part) + "\n"


def headline(results):
    machine, engine = results["machine"], results["engine"]
    place = machine.get("gpu") or f"{machine['processor']}, {machine['cores']} cores"
    build = ", ".join(str(engine[key]) for key in ("version", "commit", "compiler") if engine.get(key))
    return (f"{place}; {machine['os']}; stationary {build}, {engine['simd_or_device']}; Python {results['python']}; "
            f"{results['date']}; `{results['command']}`")


def workload_table(workload, results):
    title = f"**{workload['name']}**: {describe(workload)}"
    head = ["", "version", "seconds: median (range)", f"{workload['unit']}/s", "engine is faster by", "max \\|z\\|"]
    lines = [title, "", line(head), line(["---"] * 3 + ["---:"] * 3)]
    rows = sorted(workload["rows"], key=lambda row: row.get("times_the_engine", float("inf")))
    present = {row["name"] for row in rows}
    absent = [[name, version, "—", "—", "—", "—"] for name, version in results["versions"].items() if name not in present]
    return "\n".join(lines + [line(cells(row, results)) for row in rows] + [line(row) for row in absent])


def describe(workload):
    text = f"{workload['dynamics']}, d = {workload['dimension']}"
    if workload["dynamics"] == "sgd":
        text += f", B = {workload['batch_size']}, momentum {workload['momentum']:g}"
    return f"{text}; {workload['chains']:,} chains, {workload['steps']:,} steps"


def cells(row, results):
    name, package_version = row["name"], results["versions"].get(row["name"], "")
    if row["failure"]:
        return [name, package_version, "—", "—", "—", row["failure"]]
    if name == "stationary":
        package_version, ratio = results["engine"]["version"], "1"
    else:
        low, high = row["times_the_engine_range"]
        ratio = f"{row['times_the_engine']:.3g} × ({low:.3g}–{high:.3g})"
    seconds = f"{row['median_seconds']:.3g} ({min(row['seconds']):.3g}–{max(row['seconds']):.3g})"
    verdict = f"{row['check']['max_abs_z']:.1f}" + ("" if row["passed"] else " **wrong covariance**")
    return [name, package_version, seconds, f"{row['units_per_second']:.2e}", ratio, verdict]


def line(values):
    return "| " + " | ".join(values) + " |"


def footnotes(results):
    text = (f"max |z|: the largest deviation of the final states' covariance and temperature from the exact law, in standard "
            f"errors, over all repetitions; a correct run stays below {results['threshold']:.1f} (chance of a false alarm "
            f"{results['family_error_rate']:g} for all {results['comparisons']:,} comparisons together).")
    skipped = "".join(f"\n- {name}: {reason}" for name, reason in results["skipped"].items())
    text += " —: does not apply (diffrax solves differential equations; the other normals make no difference to SGD)."
    return text + (f"\n\nNot run:\n{skipped}" if skipped else "")
