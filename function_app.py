"""What Azure Functions indexes: every trigger of the connector, and nothing else."""

import azure.functions as func

from shared.triggers import blueprints

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for blueprint in blueprints():
    app.register_functions(blueprint)
