"""`python -m tools.closed_forms`: what the engine gives where the answer is known, for assets/closed_forms.toml."""

from __future__ import annotations

from dynamics.studies.closed_forms import TABLE


def main() -> None:
    print("# What the engine gives where the answer is known: `python -m tools.closed_forms > assets/closed_forms.toml`.")
    for row in TABLE:
        seen = row.seen()
        print(f"\n[{row.name}]\nvalue = {seen.value:.9g}\nstandard_error = {seen.standard_error:.3g}")


if __name__ == "__main__":
    main()
