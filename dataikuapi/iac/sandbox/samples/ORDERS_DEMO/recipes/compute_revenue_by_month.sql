-- Revenue per month and shipping zone, with the month before for comparison.
-- Only complete months: the running month would look like a drop.
WITH monthly AS (
    SELECT
        "order_month",
        COALESCE("shipping_zone", 'unknown')             AS "shipping_zone",
        COUNT(DISTINCT "order_id")                       AS "orders",
        SUM("net_amount")                                AS "revenue",
        AVG(CASE WHEN "is_late" THEN 1.0 ELSE 0.0 END)   AS "late_share"
    FROM "${projectKey}_orders_enriched"
    WHERE "order_month" >= '${report_from}'
      AND "order_month" < to_char(current_date, 'YYYY-MM')
    GROUP BY 1, 2
)
SELECT
    "order_month",
    "shipping_zone",
    "orders",
    ROUND("revenue"::numeric, 2)::double precision       AS "revenue",
    "late_share",
    LAG("revenue") OVER (
        PARTITION BY "shipping_zone"
        ORDER BY "order_month"
    )                                                    AS "revenue_previous_month"
FROM monthly
ORDER BY "order_month", "shipping_zone"
