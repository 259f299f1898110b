"""The sample project, as several people change and store it."""

KEY = "ORDERS_DEMO"
ORDERS = f"dataset.{KEY}.orders"
RECIPE = f"recipe.{KEY}.compute_shipments"


def describe(client, text):
    """Change a dataset in DSS."""
    settings = client.get_project(KEY).get_dataset("orders").get_settings()
    settings.settings["shortDesc"] = text
    settings.save()


def described(manager):
    """Return what is stored of that dataset's description."""
    return manager.load_state().get_resource(ORDERS).attributes.get("shortDesc")
