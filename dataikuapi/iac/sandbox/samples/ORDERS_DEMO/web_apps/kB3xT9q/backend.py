import dataiku
from flask import jsonify


@app.route("/totals")
def totals():
    orders = dataiku.Dataset("customers_by_country").get_dataframe()
    return jsonify(orders.to_dict("records"))
