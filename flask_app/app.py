"""The hello app of lab step 108; FLASK_DEBUG=1 turns the debugger on, which the lab's own has on always."""

from flask import Flask

app = Flask(__name__)


@app.route("/")
def hello_world() -> str:
    """Greet."""
    return "Hello, World!"


if __name__ == "__main__":
    app.run(host="0.0.0.0")  # noqa: S104 - in a container, the published port reaches this address only
