# -*- coding: utf-8 -*-
# Created from the notebook "maria's scores": recency / frequency / revenue.
import dataiku
import pandas as pd

WEIGHTS = {"recency_days": 0.5, "orders": 0.2, "revenue": 0.3}

orders = dataiku.Dataset("orders_enriched").get_dataframe()
orders["order_date"] = pd.to_datetime(orders["order_date"], utc=True)
today = orders["order_date"].max()

scores = (
    orders.groupby("customer_id")
    .agg(
        last_order=("order_date", "max"),
        orders=("order_id", "nunique"),
        revenue=("net_amount", "sum"),
    )
    .reset_index()
)
scores["recency_days"] = (today - scores["last_order"]).dt.days

# Rank every measure between 0 and 1; a recent order is a good order.
scores["score"] = 0.0
for name, weight in WEIGHTS.items():
    rank = scores[name].rank(pct=True, ascending=(name != "recency_days"))
    scores["score"] += 100 * weight * rank

scores["score"] = scores["score"].round(1)
scores["label"] = pd.cut(
    scores["score"], bins=[-1, 25, 60, 101], labels=["asleep", "regular", "top"]
).astype("object")

wanted = ["customer_id", "recency_days", "orders", "revenue", "score", "label"]
dataiku.Dataset("customer_scores").write_with_schema(scores[wanted])