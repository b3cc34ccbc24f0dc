"""Two experiments that ran through all the days: who is in which arm, and the sums that their results are made of."""

from __future__ import annotations

from datetime import date


def arms(days: list[date]) -> list[tuple]:
    def arms_of(experiment: str, journey: str, *of: tuple[str, float, int]) -> list[tuple]:
        return [
            (experiment, arm, journey, share, i == 0, n, days[0], days[-1], days[-1], 7)
            for i, (arm, share, n) in enumerate(of)
        ]

    return [
        *arms_of(
            "coffee_product_block", "post_purchase_coffee", ("with_products", 0.5, 611), ("without_products", 0.5, 648)
        ),
        *arms_of("universal_holdout", "all", ("holdout", 0.05, 103), ("contacted", 0.95, 1_902)),
    ]


def metrics() -> list[tuple]:
    rows = []
    for experiment, of in (
        ("coffee_product_block", (("with_products", 402, 14_200), ("without_products", 431, 15_900))),
        ("universal_holdout", (("holdout", 71, 12_100), ("contacted", 1_390, 14_050))),
    ):
        for arm, n, mean in of:
            for segment, share in (("all", 1.0), ("branch:with_accessory", 0.4), ("branch:without_accessory", 0.6)):
                m, deviation = round(n * share), 17_000
                total = m * round(mean * (1.1 if "with_acc" in segment else 1))
                prior = m * 120_000
                rows.append(
                    (
                        experiment,
                        arm,
                        segment,
                        "revenue",
                        m,
                        total,
                        round((m - 1) * deviation**2 + total**2 / m),
                        prior,
                        round((m - 1) * 80_000**2 + prior**2 / m),
                        round((m - 1) * 0.5 * 80_000 * deviation + total * prior / m),
                    )
                )
                for metric, rate in (("conversion", 0.33), ("open", 0.46), ("click", 0.11), ("unsubscribe", 0.004)):
                    if experiment == "universal_holdout" and metric != "conversion":
                        continue
                    k = round(m * rate)
                    rows.append((experiment, arm, segment, metric, m, k, k, None, None, None))
    return rows
