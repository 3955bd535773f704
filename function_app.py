"""What Azure Functions indexes: every trigger of the connector, and nothing else."""

import gc

import azure.functions as func

from shared.triggers import blueprints

# Modules, requests and answers are many objects in few cycles; by default a twentieth of the time goes into looking for those.
gc.set_threshold(10_000, 10, 10)

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for blueprint in blueprints():
    app.register_functions(blueprint)
