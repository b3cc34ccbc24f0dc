"""What is printed of the builds: heavy models one by one, the day beside the full build, and ratios with targets."""

from __future__ import annotations

from tests.benchmarks.scale.builds import Node
from tests.benchmarks.scale.watch import Watch

HEAVY_SECONDS = 0.5


def print_models(nodes: list[Node], plain_of: dict[str, tuple[Watch, int]]) -> None:
    print(f"\n{'model':<58}{'rows':>12}{'dbt s':>8}{'plain s':>9}{'ratio':>7}{'cpu s':>8}{'peak MB':>9}")
    heavy = [n for n in nodes if plain_of[n.name][0].wall >= HEAVY_SECONDS]
    for node in sorted(heavy, key=lambda n: -plain_of[n.name][0].wall):
        watch, rows = plain_of[node.name]
        print(
            f"{node.name:<58}{rows:>12,}{node.seconds:>8.2f}{watch.wall:>9.2f}{node.seconds / watch.wall:>7.2f}"
            f"{watch.cpu:>8.2f}{watch.peak_mb:>9.0f}"
        )
    seconds, plain = sum(n.seconds for n in heavy), sum(plain_of[n.name][0].wall for n in heavy)
    if plain:
        print(f"{'heavy models together':<70}{seconds:>8.2f}{plain:>9.2f}{seconds / plain:>7.2f}")


def print_day(of_the_day: list[Node], nodes: list[Node]) -> None:
    full = {node.name: node.seconds for node in nodes}
    print(f"\n{'models of one day more':<70}{'dbt s':>8}{'full s':>9}{'ratio':>7}")
    for node in sorted(of_the_day, key=lambda n: -n.seconds):
        if node.seconds >= HEAVY_SECONDS:
            ratio = f"{node.seconds / full[node.name]:.2f}" if full.get(node.name) else "-"
            print(f"{node.name:<70}{node.seconds:>8.2f}{full.get(node.name, 0.0):>9.2f}{ratio:>7}")


def print_whole(fixed: Watch, full: Watch, plain: Watch | None, day: Watch) -> None:
    print(f"\nfixed part (the same build on a nearly empty retailer): {fixed.cpu:.1f} CPU s")
    print(f"full build: {full.cpu:.1f} CPU s, {full.wall:.1f} s, peak {full.peak_mb:,.0f} MB")
    if plain:
        print(f"the same statements in plain DuckDB: {plain.cpu:.1f} CPU s")
        print(f"(full build - fixed part) / plain statements: {(full.cpu - fixed.cpu) / plain.cpu:.2f} (target 1.3)")
    print(f"one day more: {day.cpu:.1f} CPU s, {day.wall:.1f} s, peak {day.peak_mb:,.0f} MB")
    print(f"(one day more - fixed part) / full build: {(day.cpu - fixed.cpu) / full.cpu:.2f} (target 0.15)")
