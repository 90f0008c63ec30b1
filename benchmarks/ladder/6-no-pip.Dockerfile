# pip removed by a later layer: what a layer below holds is hidden, and is carried all the same
FROM python:3.10.6-alpine
WORKDIR /app
COPY requirements.txt /app/
RUN PYTHONDONTWRITEBYTECODE=1 pip install --no-cache-dir --no-compile -r requirements.txt
RUN pip uninstall -y pip setuptools wheel
COPY app.py /app/
STOPSIGNAL SIGINT
ENTRYPOINT [ "python" ]
CMD [ "app.py" ]
