FROM python:3.10.6
WORKDIR /app
# dependencies before the code: a change of the code does not install them again
COPY requirements.txt /app/
# no pip cache and no bytecode in the layer: both are of no use in an image
RUN PYTHONDONTWRITEBYTECODE=1 pip install --no-cache-dir --no-compile -r requirements.txt
# the app alone, not "COPY / /app": in this repository the build context holds more
COPY flask_app/ /app/
# python as process 1 ignores SIGTERM: without this, docker stop waits its full 10 s
STOPSIGNAL SIGINT
ENTRYPOINT [ "python" ]
CMD [ "app.py" ]
