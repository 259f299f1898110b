# -*- coding: utf-8 -*-
import dataiku
import pandas as pd

variables = dataiku.get_custom_variables()
LATE_AFTER_DAYS = int(variables.get("late_after_days", 5))

# What we ship as one, two or more boxes (agreed with the warehouse in Zürich).
BASKET_LIMITS = [0, 2, 8, float("inf")]
BASKET_LABELS = ["small", "medium", "large"]

orders = dataiku.Dataset("orders_prepared").get_dataframe()
customers = dataiku.Dataset("customers_enriched").get_dataframe(
    columns=["customer_id", "country_name", "shipping_zone", "segment"]
)
shipments = dataiku.Dataset("shipments").get_dataframe()

# An order can leave in several parcels: it is delivered when the last one is.
deliveries = (
    shipments.groupby("order_id")
    .agg(shipped_on=("shipped_on", "min"), delivered_on=("delivered_on", "max"))
    .reset_index()
)

enriched = orders.merge(customers, on="customer_id", how="left")
enriched = enriched.merge(deliveries, on="order_id", how="left")
assert len(enriched) == len(orders), "a join duplicated some orders"

for column in ("order_date", "delivered_on"):
    enriched[column] = pd.to_datetime(enriched[column], utc=True)

elapsed = enriched["delivered_on"] - enriched["order_date"]
enriched["days_to_deliver"] = (elapsed.dt.total_seconds() / 86400).round(1)
enriched["is_late"] = enriched["days_to_deliver"] > LATE_AFTER_DAYS
enriched["segment"] = enriched["segment"].fillna("none")
enriched["basket_size"] = pd.cut(
    enriched["quantity"], bins=BASKET_LIMITS, labels=BASKET_LABELS
).astype("object")

columns = [
    "order_id", "customer_id", "order_date", "order_month", "country_code",
    "country_name", "shipping_zone", "segment", "quantity", "net_amount",
    "days_to_deliver", "is_late", "basket_size",
]
dataiku.Dataset("orders_enriched").write_with_schema(enriched[columns])
